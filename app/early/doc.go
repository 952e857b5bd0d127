// Package early lets the browser's event loop turn while the page's program begins: the runtime and the packages that are not Reverie's take as long as Reverie's
// own. Packages that depend on one another in no way begin in the order of their paths, so this one begins before Reverie's others that see JavaScript.
package early
