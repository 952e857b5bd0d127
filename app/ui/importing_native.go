//go:build !js

package ui

import "reverie/app/imports"

type importer struct{}

func startImporter(func(imports.Message)) *importer { return &importer{} }
func (*importer) post(imports.Message) error        { return errNoBrowser }
func (*importer) close()                            {}
func disconnected() bool                            { return false }
func chosenFiles(string) []*imports.Source          { return nil }
func watchLeaving(func())                           {}
