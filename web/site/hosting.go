//go:build !js

package site

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// The files of an export that are for its host, by name.
const (
	missingFile = "404.html"
	headersFile = "_headers" // for hosts that read this form of theirs
	nginxFile   = "nginx.conf"
	caddyFile   = "Caddyfile"
)

// hosting is what tells static hosts how to serve the export as this server would. The folder's place is for the host to fill in.
func (s *Site) hosting() map[string][]byte {
	common := s.security()
	return map[string][]byte{
		missingFile: s.missing,
		headersFile: headerRules(s.base, common),
		nginxFile:   nginxRules(s.base, common),
		caddyFile:   caddyRules(s.base, common),
	}
}

// headerRules let everything be asked for anew each time: rules of this form cannot tell shards, which never change, from manifests.
func headerRules(base string, common []field) []byte {
	text := fmt.Appendf(nil, "%s*\n", base)
	for _, f := range with(common, newField("Cache-Control", revalidate)) {
		text = fmt.Appendf(text, "  %s: %s\n", f.name, f.values[0])
	}
	return append(text, "\n"+base+"*.wasm\n  Content-Type: application/wasm\n"...)
}

// shardPattern is of the addresses of shards below the base path.
const shardPattern = `weights/[^/]+/[0-9a-f]{64}$`

func nginxRules(base string, common []field) []byte {
	text := fmt.Appendf(nil, `# Include this in a server block, with the place of this folder (it ends with a slash).
location ^~ %[1]s {
    alias /var/www/reverie/;
    index index.html;
    error_page 404 %[1]s%[2]s;
    gzip_static on;
    # brotli_static on; # where nginx has that module: a fifth less than gzip
    if ($request_method !~ ^(GET|HEAD)$) {
        return 405;
    }
    set $reverie_cache "%[3]s";
    if ($uri ~ "^%[4]s%[5]s") {
        set $reverie_cache "%[6]s";
    }
    add_header Cache-Control $reverie_cache always;
    add_header Vary Accept-Encoding always;
`, base, missingFile, revalidate, regexp.QuoteMeta(base), shardPattern, forGood)
	for _, f := range common {
		text = fmt.Appendf(text, "    add_header %s %q always;\n", f.name, f.values[0])
	}
	text = append(text, "    default_type application/octet-stream;\n    types {\n"...)
	for _, suffix := range slices.Sorted(maps.Keys(kinds)) {
		kind, _, _ := strings.Cut(kinds[suffix], ";")
		text = fmt.Appendf(text, "        %s %s;\n", kind, strings.TrimPrefix(suffix, "."))
	}
	return append(text, "    }\n    charset utf-8;\n    charset_types text/css text/javascript text/plain;\n}\n"...)
}

func caddyRules(base string, common []field) []byte {
	text := fmt.Appendf(nil, `# Import this in a site block, with the place of this folder, which stands here twice.
handle_path %[1]s* {
	root * /var/www/reverie
	@other not method GET HEAD
	respond @other 405
	@shard path_regexp ^/%[2]s
	header @shard Cache-Control "%[3]s"
	@rest not path_regexp ^/%[2]s
	header @rest Cache-Control "%[4]s"
	header {
`, base, shardPattern, forGood, revalidate)
	for _, f := range common {
		text = fmt.Appendf(text, "\t\t%s %q\n", f.name, f.values[0])
	}
	return fmt.Appendf(text, `	}
	file_server {
		precompressed br gzip
	}
}
handle_errors {
	root * /var/www/reverie
	rewrite * /%s
	file_server
}
`, missingFile)
}
