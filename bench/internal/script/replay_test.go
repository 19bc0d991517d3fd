package script

import (
	"slices"
	"strings"
	"testing"
)

// TestOthers keeps lengths, and all that is not of the one customer.
func TestOthers(t *testing.T) {
	key, raw := "abcdefghijklmnopqrstuvwxyz", "\x00123456789abcdef"
	data := strings.Repeat("\x00"+key, 5)
	words := []string{"evalsha", "s:c:" + key, raw, "taipei-1", "", "c" + key + key, data}
	got := others(words, []string{key, raw})
	want := []string{
		"evalsha", "s:c:xx__rand_int____rand_int__", "xxxx__rand_int__", "taipei-1", "",
		"cxx__rand_int____rand_int__xx__rand_int____rand_int__", strings.Repeat("x", len(data)),
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %q\nwant %q", got, want)
	}
	for i := range words {
		if len(got[i]) != len(words[i]) {
			t.Errorf("%q: got %q, of another length", words[i], got[i])
		}
	}
}

// TestTurn gives each turn customers of its own, in names as long.
func TestTurn(t *testing.T) {
	r, seen := &Replay{stage: NewStage("", "", 1), words: []string{"s:c:" + customer, "xxxx" + random}}, map[string]bool{}
	for range 1000 {
		words := r.turn()
		if len(words[0]) != len("s:c:"+customer) || !strings.HasSuffix(words[0], random+random) || words[1] != r.words[1] {
			t.Fatalf("got %q", words)
		}
		seen[words[0]] = true
	}
	if len(seen) != 1000 {
		t.Errorf("got %d names in 1000 turns", len(seen))
	}
}
