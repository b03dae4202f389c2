package proxies

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// nginxConfig takes its folder and the gateway's address.
const nginxConfig = `
daemon off;
master_process off;
pid %[1]s/pid;
error_log %[1]s/error.log;
events { worker_connections 4096; }
http {
  access_log off;
  client_body_temp_path %[1]s/body;
  proxy_temp_path %[1]s/proxy;
  fastcgi_temp_path %[1]s/fastcgi;
  uwsgi_temp_path %[1]s/uwsgi;
  scgi_temp_path %[1]s/scgi;
  upstream gateway { server %[2]s; keepalive 16; }
  server {
    listen unix:%[1]s/socket http2;
    location / { grpc_pass grpc://gateway; }
  }
}
`

// haproxyConfig takes its folder and the gateway's address.
const haproxyConfig = `
global
  nbthread 1
  maxconn 2000
defaults
  mode http
  timeout connect 5s
  timeout client 60s
  timeout server 60s
frontend calls
  bind unix@%[1]s/socket proto h2
  default_backend gateway
backend gateway
  server gateway %[2]s proto h2
`

func startNginx(t *testing.T, gateway string) string {
	t.Helper()
	return startBySocket(t, "NGINX_BIN", nginxConfig, gateway, func(folder, config string) []string {
		return []string{"-p", folder, "-e", filepath.Join(folder, "error.log"), "-c", config}
	})
}

func startHAProxy(t *testing.T, gateway string) string {
	t.Helper()
	return startBySocket(t, "HAPROXY_BIN", haproxyConfig, gateway, func(_, config string) []string {
		return []string{"-db", "-q", "-f", config}
	})
}

// startBySocket starts a proxy that can not take a free port and tell it: it listens on a Unix socket.
func startBySocket(t *testing.T, variable, config, gateway string, arguments func(folder, config string) []string) string {
	t.Helper()
	// The name of a socket has at most 107 bytes, which t.TempDir() alone may have.
	folder, err := os.MkdirTemp("", "proxy")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(folder) })
	path := filepath.Join(folder, "config")
	if err := os.WriteFile(path, fmt.Appendf(nil, config, folder, gateway), 0o600); err != nil {
		t.Fatal(err)
	}
	command := run(t, variable, arguments(folder, path)...)
	command.Stderr = os.Stderr
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	socket := filepath.Join(folder, "socket")
	// Sleeps: between two questions.
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if connection, err := net.Dial("unix", socket); err == nil {
			_ = connection.Close()
			return "unix://" + socket
		}
	}
	t.Fatalf("%s does not listen", command.Path)
	return ""
}
