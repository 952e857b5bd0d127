//go:build !js

package ui

func copyImage(string, func() ([]byte, error)) error { return errNoBrowser }
func sharesFiles() bool                              { return false }
func shareFile(string, string, string, []byte) error { return errNoBrowser }
func toastsHeld() bool                               { return false }
func setProperty(string, string, string)             {}
func watchInstall(func(bool))                        {}
func install()                                       {}
func mayNotify() bool                                { return false }
func notifies() bool                                 { return false }
func notify(string, string) error                    { return errNoBrowser }
func shellKept() bool                                { return false }
