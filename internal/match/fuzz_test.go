package match_test

import (
	"testing"

	"pgregory.net/rapid"
)

// FuzzIndex compares the index with the scan on catalogues and requests that the fuzzer chooses.
func FuzzIndex(f *testing.F) {
	w := newWorld(f)
	f.Fuzz(rapid.MakeFuzz(func(t *rapid.T) { w.compare(t) }))
}
