package ledger

import (
	storev1 "github.com/surprise-service/surprised/api/surprise/store/v1"
	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
	"github.com/surprise-service/surprised/internal/event"
	"github.com/surprise-service/surprised/internal/surprise"
)

// emit notes an event of the change.
func (m *machine) emit(e *surprisev1.Event) {
	e.Time = m.stamp
	m.events = append(m.events, e)
}

// emitClaim notes an event about a claim.
func (m *machine) emitClaim(kind string, e *storev1.Entry) {
	c := asClaim(e)
	c.MemoryTag = "" // a clerk's own words about the customer: erasing could not reach them in the log
	m.emit(&surprisev1.Event{Type: kind, Claim: c})
}

func (m *machine) encodeEvents(key surprise.CustomerKey, version uint64) ([]Event, error) {
	out, customer := make([]Event, 0, len(m.events)), key.String()
	for i, e := range m.events {
		e.CustomerKey = customer
		data, err := event.Encode(e, version, i)
		if err != nil {
			return nil, err
		}
		out = append(out, Event{Time: m.now, Data: data})
	}
	return out, nil
}
