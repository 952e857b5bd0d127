package gpu

import "testing"

func TestInfoNamesTheAdapter(t *testing.T) {
	const (
		firefox = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:153.0) Gecko/20100101 Firefox/153.0"
		onIOS   = "Mozilla/5.0 (iPhone; CPU iPhone OS 26_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) FxiOS/153.0 Mobile/15E148 Safari/605.1.15"
	)
	for _, c := range []struct {
		info Info
		want string
	}{
		{Info{Vendor: "nvidia", Architecture: "ampere", Browser: firefox}, "nvidia ampere"},
		{Info{Vendor: "google", Architecture: "swiftshader", Description: "SwiftShader Device"}, "google swiftshader (SwiftShader Device)"},
		{Info{Browser: firefox}, "a GPU through Firefox (wgpu)"},
		{Info{Browser: firefox, Software: true}, "a processor through Firefox (wgpu)"},
		{Info{Browser: onIOS}, "unknown adapter"},
		{Info{}, "unknown adapter"},
	} {
		if got := c.info.String(); got != c.want {
			t.Errorf("%+v is named %q, want %q", c.info, got, c.want)
		}
	}
}
