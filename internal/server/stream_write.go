package server

import (
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
)

// write writes the answers, and passes them on whenever no other one is ready.
func (c *streamCall) write() {
	for next := range c.answers {
		if next.err != nil {
			c.fail(next.err)
			return
		}
		if c.put(next.line) != nil || len(c.answers) == 0 && c.flush() != nil {
			return // the client is gone
		}
	}
	if end := c.ending(); end != nil {
		c.end(end)
		return
	}
	_ = c.put(nil) // a body without lines has an answer without lines
}

// put writes a line. A client that does not read must not keep the stream for ever: the deadline lasts until the flush.
func (c *streamCall) put(line []byte) error {
	if !c.wrote {
		c.w.Header().Set("Content-Type", c.form.ContentType(nil))
		c.wrote = true
	}
	if len(line) == 0 {
		return nil
	}
	_ = c.conn.SetWriteDeadline(time.Now().Add(c.wait.line)) // what is no connection has no deadline
	_, err := c.w.Write(append(line, '\n'))
	return err
}

// flush passes on what was written. After it no write is under way, and HTTP/2 would end the stream at a deadline all the same.
func (c *streamCall) flush() error {
	err := c.conn.Flush()
	_ = c.conn.SetWriteDeadline(time.Time{})
	return err
}

// ending is why the stream ended before its body did, or nil.
func (c *streamCall) ending() *ending {
	if end := c.last.Load(); end != nil {
		return end
	}
	if c.stop.Err() != nil && c.ctx.Err() != nil {
		return stopping() // the time for the last answers is over
	}
	return nil
}

// fail ends the stream with an error of gRPC's.
func (c *streamCall) fail(err error) {
	st := explained(status.Convert(err))
	end := c.ending()
	if end == nil || st.Code() != codes.Canceled {
		end = &ending{st, httpStatus(st.Code())}
	}
	c.end(end)
}

// end writes why a stream ended: as the answer if there is none yet, and else as its last line, in the gateway's form.
func (c *streamCall) end(why *ending) {
	_ = c.conn.SetWriteDeadline(time.Now().Add(c.wait.line)) // what is no connection has no deadline
	if !c.wrote {
		writeStatus(c.w, why.status, why.http)
	} else if line, err := c.form.Marshal(map[string]proto.Message{"error": why.status.Proto()}); err == nil {
		_ = c.put(line) // the client is gone if this fails
	}
	_ = c.flush() // before the rest of the body is waited for
}
