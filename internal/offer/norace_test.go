//go:build !race

package offer

import "testing"

// The race detector makes crypto/sha256 allocate, too.
func TestDecisionAllocatesOneTextAnOffer(t *testing.T) {
	s := signer(t, "default", 1)
	common, own := parts(benchClaims())
	var d Decision
	if n := testing.AllocsPerRun(100, func() {
		s.Begin(&d, common)
		for range 3 {
			if _, err := d.Sign(own); err != nil {
				t.Fatal(err)
			}
		}
	}); n != 3 {
		t.Errorf("%v allocations", n)
	}
}
