//go:build !js

package ui

import (
	"errors"
	"time"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"reverie/app/gallery"
	"reverie/app/imports"
	"reverie/app/protocol"
)

// The server renders the page once and never runs it, so the browser's side is empty there.

var errNoBrowser = errors.New("ui: not in a browser")

type engine struct{}

type followed struct{}

func root() string                                                                                { return "/" }
func fragment() string                                                                            { return "" }
func query(string) string                                                                         { return "" }
func startEngine(func(protocol.Message, func())) *engine                                          { return &engine{} }
func (*engine) post(protocol.Message) error                                                       { return errNoBrowser }
func (*engine) close()                                                                            {}
func draw(string, *protocol.Picture, func())                                                      {}
func focus(string)                                                                                {}
func cameBack() bool                                                                              { return false }
func loadText(string) string                                                                      { return "" }
func storeText(string, string)                                                                    {}
func watchHiding(func())                                                                          {}
func every(time.Duration, func())                                                                 {}
func hidden() bool                                                                                { return false }
func picturesVault() gallery.Vault                                                                { return nil }
func watchReturn(func())                                                                          {}
func fileURL(string, []byte) string                                                               { return "" }
func forgetURL(string)                                                                            {}
func giveWay()                                                                                    {}
func setDialog(string, bool)                                                                      {}
func openVault() gallery.Vault                                                                    { return nil }
func holdRun()                                                                                    {}
func runsElsewhere() bool                                                                         { return false }
func save(string, string, []byte)                                                                 {}
func chosenFile(string) (func() ([]byte, error), string, bool)                                    { return nil, "", false }
func watchFiles(func(func() ([]byte, error), string), func(string), func([]*imports.Source) bool) {}
func watchLaunches(func(func() ([]byte, error), string))                                          {}
func takeShared(func(func() ([]byte, error), string))                                             {}
func takeEarly(func(early), func(func() ([]byte, error), string))                                 {}
func whenWanted(func())                                                                           {}
func wake()                                                                                       {}
func watchUpdate(func())                                                                          {}
func (*Page) openDoor()                                                                           {}
func (*Page) tellShot(protocol.Shot)                                                              {}
func (*Page) tellProgram(protocol.Message)                                                        {}
func persist() bool                                                                               { return false }
func saveData() bool                                                                              { return false }
func update()                                                                                     {}
func focusOnDesktop(string)                                                                       {}
func userAgent() string                                                                           { return "" }
func copyText(string) error                                                                       { return errNoBrowser }
func get(string) ([]byte, error)                                                                  { return nil, errNoBrowser }
func watchKeys(func(string) bool, func(string))                                                   {}
func watchOutside(func())                                                                         {}
func stayAwake(bool)                                                                              {}
func reducedMotion() bool                                                                         { return false }
func toggleFullScreen(string)                                                                     {}
func showDialog(string)                                                                           {}
func dialogOpen(string) bool                                                                      { return false }
func closeDialog(string)                                                                          {}
func watchEscape(func() bool)                                                                     {}
func placeNote(string, app.Value)                                                                 {}
func (*Page) watchBrush()                                                                         {}
func cssColour(string) (c [3]byte)                                                                { return c }
func markText(string, int, int)                                                                   {}
