//go:build !js

package ui

import "reverie/app/film"

type exporter struct{}

func startExporter(func(film.Message)) *exporter { return &exporter{} }
func (*exporter) post(film.Message) error        { return errNoBrowser }
func (*exporter) close()                         {}
func showModal(string)                           {}
func closeModal(string)                          {}
