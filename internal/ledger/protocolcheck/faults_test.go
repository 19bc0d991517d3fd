package protocolcheck

// fault is one line of the protocol done wrong. The empty fault is none.
type fault string

const (
	limitTTL            fault = "an entry in L runs out by itself"
	bareCounter         fault = "L is a bare counter, not a map by claim id"
	reaperNoTombstone   fault = "the reaper leaves no tombstone for a claim that C does not know"
	refusalUnrecorded   fault = "a refusal after the reservation is not recorded as DENIED"
	confirmedReleased   fault = "the reaper releases what is CONFIRMED"
	cancelNoTombstone   fault = "a Cancel that overtakes its claim leaves no tombstone"
	cancelReleasesFirst fault = "Cancel releases before its record is written"
	postFirst           fault = "Confirm posts before its record is written"
	answerFirst         fault = "Confirm answers before its record is written"
	blindWrite          fault = "C is written without compare-and-set"
	prunedEarly         fault = "C forgets a claim while its token is still good"
	lateUnreserved      fault = "a late Confirm reserves nothing"
	lateOldID           fault = "a late Confirm reserves under the old id"
	lateNoTombstone     fault = "the reaper leaves no tombstone for the id of a late Confirm"
)
