package app

import (
	"os"
	"runtime/debug"
)

// gcPercent lets the heap grow to five times what is live before it is collected: calls make much short-lived garbage, and little lives on. A
// fifth of the CPU of a call otherwise goes into collecting. A limit in GOMEMLIMIT stays in force: near it, the runtime collects more often.
const gcPercent = 400

// tuneGC sets how often garbage is collected, unless the operator has.
func tuneGC() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(gcPercent)
	}
}
