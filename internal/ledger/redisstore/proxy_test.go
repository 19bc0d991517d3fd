package redisstore_test

import (
	"bytes"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

// proxy stands between a store and its Redis and loses what it is told to.
type proxy struct {
	url    string
	target string
	hang   atomic.Bool // nothing passes any more, connections stay open

	mu    sync.Mutex
	lose  string     // guarded by mu: the reply to the next command with this name is lost, with its connection
	conns []net.Conn // guarded by mu
}

// newProxy starts a proxy for the Redis at url; it ends with the test.
func newProxy(t *testing.T, url string) *proxy {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{url: "redis://" + l.Addr().String(), target: strings.TrimPrefix(url, "redis://")}
	t.Cleanup(func() {
		_ = l.Close()
		p.cut()
	})
	go func() {
		for {
			client, err := l.Accept()
			if err != nil {
				return
			}
			go p.serve(client)
		}
	}()
	return p
}

// loseReplyTo has Redis carry out the next such command, and the client never hear of it.
func (p *proxy) loseReplyTo(command string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.lose = command
}

// cut ends all connections.
func (p *proxy) cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range p.conns {
		_ = c.Close()
	}
	p.conns = nil
}

// takeLoss reports whether the reply to these bytes is to be lost.
func (p *proxy) takeLoss(sent []byte) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.lose == "" || !bytes.Contains(bytes.ToLower(sent), []byte("\r\n"+p.lose+"\r\n")) {
		return false
	}
	p.lose = ""
	return true
}

func (p *proxy) serve(client net.Conn) {
	server, err := net.Dial("tcp", p.target)
	if err != nil {
		_ = client.Close()
		return
	}
	p.mu.Lock()
	p.conns = append(p.conns, client, server)
	p.mu.Unlock()
	var losing atomic.Bool
	go p.pass(server, client, func(sent []byte) bool {
		if p.takeLoss(sent) {
			losing.Store(true)
		}
		return true
	})
	p.pass(client, server, func([]byte) bool { return !losing.Load() })
}

// pass copies from one side to the other until keep says no or either side closes, then closes both.
func (p *proxy) pass(to, from net.Conn, keep func([]byte) bool) {
	defer func() { _, _ = to.Close(), from.Close() }()
	buf := make([]byte, 64<<10)
	for {
		n, err := from.Read(buf)
		if err != nil || !keep(buf[:n]) {
			return
		}
		if p.hang.Load() {
			continue
		}
		if _, err := to.Write(buf[:n]); err != nil {
			return
		}
	}
}
