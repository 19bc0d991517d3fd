package script

import (
	"slices"
	"testing"
)

func TestParse(t *testing.T) {
	for line, want := range map[string][]string{
		"+OK\r\n": nil,
		`1.5 [0 127.0.0.1:34470] "evalsha" "" "a b" "\x00\"\\\n\xff"` + "\r\n": {"evalsha", "", "a b", "\x00\"\\\n\xff"},
		`1.5 [0 lua] "SET" "cut`: nil,
	} {
		if got := parse(line); !slices.Equal(got, want) {
			t.Errorf("%s: got %q, want %q", line, got, want)
		}
	}
}
