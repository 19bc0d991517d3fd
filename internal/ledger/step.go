package ledger

// The steps of a change at which Options.Step is called, and that of a store whose limits do not commit together with records. A process that is
// lost at any of them loses nothing: tests stop it there.
const (
	// StepBefore is before the store is asked to apply a change, StepAfter after it has, before anybody is told.
	StepBefore = "before-apply"
	StepAfter  = "after-apply"
	// StepReserved is after each limit of which a change takes something, StepRecorded after the record was written, StepSettled after what
	// the change posts and gives back is done.
	StepReserved = "reserved"
	StepRecorded = "recorded"
	StepSettled  = "settled"
)

func (l *Ledger) step(name string) {
	if l.opts.Step != nil {
		l.opts.Step(name)
	}
}
