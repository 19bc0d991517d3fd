package script

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"time"
)

// monitorTimeout is for one command, and for Redis to tell of it.
const monitorTimeout = 5 * time.Second

// watch returns the first EVALSHA, word by word, that the Redis at an address gets from anybody while do runs.
func watch(ctx context.Context, addr string, do func(context.Context) error) ([]string, error) {
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", addr)
	if err != nil {
		return nil, err
	}
	defer func() { _ = conn.Close() }() // it only listens
	if err := conn.SetDeadline(time.Now().Add(monitorTimeout)); err != nil {
		return nil, err
	}
	lines := bufio.NewReader(conn)
	if err := start(conn, lines); err != nil {
		return nil, fmt.Errorf("MONITOR: %w", err)
	}
	if err := do(ctx); err != nil {
		return nil, err
	}
	for {
		line, err := lines.ReadString('\n')
		if err != nil {
			return nil, fmt.Errorf("no EVALSHA was seen: %w", err)
		}
		if words := parse(line); len(words) > 0 && strings.EqualFold(words[0], "EVALSHA") {
			return words, nil
		}
	}
}

// start has Redis tell of commands from now on.
func start(to io.Writer, from *bufio.Reader) error {
	if _, err := io.WriteString(to, "MONITOR\r\n"); err != nil {
		return err
	}
	line, err := from.ReadString('\n')
	if err == nil && line != "+OK\r\n" {
		err = errors.New(strings.TrimSpace(line))
	}
	return err
}

// parse returns the words of a command that MONITOR tells of: after the time and the client, each in quotes, with escapes as Go has them.
func parse(line string) []string {
	var words []string
	for {
		_, rest, found := strings.Cut(line, ` "`)
		if !found {
			return words
		}
		quoted, err := strconv.QuotedPrefix(`"` + rest)
		if err != nil {
			return nil
		}
		word, _ := strconv.Unquote(quoted) // it is quoted
		words, line = append(words, word), rest[len(quoted)-1:]
	}
}
