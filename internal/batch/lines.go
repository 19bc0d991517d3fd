package batch

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"unicode/utf8"
)

// lineReader splits text into lines of bounded length. A byte order mark at the start is left out.
type lineReader struct {
	r *bufio.Reader
	// line counts from 1; it is the number of the line returned last.
	line int
}

// newLineReader does not read yet.
func newLineReader(r io.Reader) *lineReader {
	return &lineReader{r: bufio.NewReaderSize(r, 64<<10)}
}

// skipMark leaves out the byte order mark that spreadsheets put in front of UTF-8.
func skipMark(r *bufio.Reader) {
	if mark, err := r.Peek(3); err == nil && bytes.Equal(mark, []byte("\xef\xbb\xbf")) {
		_, _ = r.Discard(3) // they are in the buffer
	}
}

var errLongLine = errors.New("the line is too long")

// next returns a line without its end, \n or \r\n. Of a line longer than limit it returns errLongLine, and goes on after it. The error is
// io.EOF after the last line.
func (l *lineReader) next(limit int) ([]byte, error) {
	if l.line == 0 {
		skipMark(l.r)
	}
	var line []byte
	long := false
	for {
		part, err := l.r.ReadSlice('\n')
		if long = long || len(line)+len(part) > limit; !long {
			line = append(line, part...)
		}
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
			continue
		case errors.Is(err, io.EOF) && len(part) == 0 && len(line) == 0 && !long:
			return nil, io.EOF
		case err != nil && !errors.Is(err, io.EOF):
			return nil, err
		}
		l.line++
		if long {
			return nil, errLongLine
		}
		return bytes.TrimSuffix(bytes.TrimSuffix(line, []byte("\n")), []byte("\r")), nil
	}
}

// invalidUTF8 returns the position of the first byte that is none, from 1.
func invalidUTF8(text []byte) (column int, found bool) {
	for i := 0; i < len(text); {
		r, n := utf8.DecodeRune(text[i:])
		if r == utf8.RuneError && n == 1 {
			return i + 1, true
		}
		i += n
	}
	return 0, false
}
