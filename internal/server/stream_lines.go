package server

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
)

// errLongLine stands for a line that is over the limit. It has been skipped; the next one can be read.
var errLongLine = errors.New("the line is too long")

// lines reads a body line by line. It never holds more than one line, and of one that is too long only a buffer's worth.
type lines struct {
	from   *bufio.Reader
	before func() // before each line
	line   []byte
	number int
}

func newLines(body io.Reader, before func()) *lines {
	return &lines{from: bufio.NewReaderSize(body, 64<<10), before: before}
}

// next returns the next line that is not empty. It is valid until the call after.
func (l *lines) next() ([]byte, error) {
	for {
		l.before()
		l.number++
		line, err := l.read()
		if err != nil || len(bytes.TrimSpace(line)) > 0 {
			return line, err
		}
	}
}

func (l *lines) read() ([]byte, error) {
	l.line = l.line[:0]
	long := false
	for {
		part, err := l.from.ReadSlice('\n')
		part = bytes.TrimSuffix(part, []byte("\n"))
		if long = long || len(l.line)+len(part) > MaxMessageSize; !long {
			l.line = append(l.line, part...)
		}
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
		case errors.Is(err, io.EOF) && len(l.line) == 0 && !long, err != nil && !errors.Is(err, io.EOF):
			return nil, err
		case long:
			return nil, errLongLine
		default: // the last line may lack its newline
			return l.line, nil
		}
	}
}

// parse returns the request in a line, or an empty one and what is wrong with it.
func (l *lines) parse(line []byte, err error) (*surprisev1.RecommendStreamRequest, *surprisev1.StreamError) {
	req, none := &surprisev1.RecommendStreamRequest{}, &surprisev1.RecommendStreamRequest{}
	if err == nil {
		err = protojson.Unmarshal(line, req)
	}
	// A list of numbers can be longer in protobuf than in JSON, and gRPC would end the stream for it.
	if err == nil && proto.Size(req) > MaxMessageSize {
		err = errLongLine
	}
	switch {
	case err == nil:
		return req, nil
	case errors.Is(err, errLongLine):
		return none, l.invalid(atLine(l.number, fmt.Sprintf("more than %d bytes", MaxMessageSize)))
	}
	return none, l.invalid(jsonProblem(err, l.number))
}

func (l *lines) invalid(text string) *surprisev1.StreamError {
	return streamError(invalidBody(codes.InvalidArgument, text))
}

// readDeadline is the time by which a stream's client must have sent its next line.
type readDeadline struct {
	conn *http.ResponseController

	mu    sync.Mutex
	fixed bool
}

func (d *readDeadline) extend(wait time.Duration) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if !d.fixed {
		_ = d.conn.SetReadDeadline(time.Now().Add(wait)) // what is no connection has no deadline
	}
}

// end sets the deadline for the last time.
func (d *readDeadline) end(wait time.Duration) {
	d.extend(wait)
	d.reached()
}

// reached leaves the deadline alone from now on: the body is at its end, and net/http waits for the client to go away.
func (d *readDeadline) reached() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.fixed = true
}
