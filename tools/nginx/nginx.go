//go:build !js

// Package nginx runs an installed nginx for tests and comparisons.
package nginx

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"
)

// main is the configuration around a server block; nothing lies outside its folder. It is Debian's, but that a connection
// may ask as often as it likes, as it may Reverie's server, and nothing is logged.
const main = `daemon off;
pid pid;
error_log error.log;
events {}
http {
    access_log off;
    sendfile on;
    tcp_nopush on;
    keepalive_requests 1000000;
    client_body_temp_path body;
    proxy_temp_path proxy;
    fastcgi_temp_path fastcgi;
    uwsgi_temp_path uwsgi;
    scgi_temp_path scgi;
    server {
        listen %s;
%s
    }
}
`

// Start runs nginx with what stands in a server block, but for the address, which it returns. Stop ends it.
func Start(ctx context.Context, server string) (address string, stop func(), err error) {
	address, err = free()
	if err != nil {
		return "", nil, fmt.Errorf("nginx: %w", err)
	}
	dir, err := os.MkdirTemp("", "nginx-")
	if err != nil {
		return "", nil, fmt.Errorf("nginx: %w", err)
	}
	conf := filepath.Join(dir, "nginx.conf")
	if err := os.WriteFile(conf, fmt.Appendf(nil, main, address, server), 0o644); err != nil {
		os.RemoveAll(dir)
		return "", nil, fmt.Errorf("nginx: %w", err)
	}
	cmd := exec.CommandContext(ctx, program(), "-p", dir, "-c", conf, "-e", "error.log")
	cmd.Stderr = os.Stderr
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) } // its workers end with it
	cmd.WaitDelay = 10 * time.Second
	if err := cmd.Start(); err != nil {
		os.RemoveAll(dir)
		return "", nil, fmt.Errorf("nginx: %w: install it with apt-get install nginx", err)
	}
	stop = func() {
		cmd.Cancel()
		cmd.Wait()
		os.RemoveAll(dir)
	}
	for range 200 {
		if c, err := net.Dial("tcp", address); err == nil {
			c.Close()
			return address, stop, nil
		}
		time.Sleep(50 * time.Millisecond)
	}
	stop()
	return "", nil, fmt.Errorf("nginx: it does not listen at %s", address)
}

// program is nginx, which Debian puts where only root's PATH looks.
func program() string {
	if path, err := exec.LookPath("nginx"); err == nil {
		return path
	}
	return "/usr/sbin/nginx"
}

// free returns an address that nobody listens at.
func free() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer l.Close()
	return l.Addr().String(), nil
}
