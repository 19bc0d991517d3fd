package app

import (
	"os"
	"runtime/debug"
	"runtime/metrics"
	"time"
)

// gcPercent lets the heap grow to five times what is live before it is collected: calls make much short-lived garbage, and little lives on. A
// fifth of the CPU of a call otherwise goes into collecting. A limit in GOMEMLIMIT stays in force: near it, the runtime collects more often.
const gcPercent = 400

// leastGarbage and mostGarbage, in bytes, bound what is made between two collections: where little lives on, five times that is so little that
// collections would still follow each other several times in a second, and where a large catalogue does, it is more than it is worth. The
// percentages are the bounds that this has.
const (
	leastGarbage = 128 << 20
	mostGarbage  = 512 << 20
	minGCPercent = 100
	maxGCPercent = 1000
	tuneGCEvery  = time.Second
)

// gcTuner sets how often garbage is collected, unless the operator has. It is for one goroutine.
type gcTuner struct {
	percent int
}

// begin is for the time in which the catalogue is read, which makes many times more garbage than what is kept of it.
func (g *gcTuner) begin() { g.set(minGCPercent) }

// tune acts on what is live now.
func (g *gcTuner) tune() {
	// Setting it stops the world for a moment: not for nothing.
	if want := gcPercentFor(liveHeap()); want < g.percent*9/10 || want > g.percent*11/10 {
		g.set(want)
	}
}

func (g *gcTuner) set(percent int) {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(percent)
		g.percent = percent
	}
}

// gcPercentFor returns by how many percent a heap with so many live bytes may grow.
func gcPercentFor(live uint64) int {
	live = max(live, 1)
	garbage := min(max(live*gcPercent/100, leastGarbage), mostGarbage)
	return int(min(max(garbage*100/live, minGCPercent), maxGCPercent))
}

// liveHeap is what the last collection found in use, in bytes; 0 before the first one.
func liveHeap() uint64 {
	sample := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}
