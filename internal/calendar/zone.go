package calendar

import (
	"strings"
	"sync"
	"time"
)

// Zones finds time zones by their IANA names and keeps those it has found: reading one takes a file and tens of microseconds. Names that
// do not exist are not kept, so it never grows beyond the zones there are. The zero value is ready; it is safe for concurrent use.
type Zones struct {
	known sync.Map // string -> *time.Location
}

// Find returns the zone of a name; ok is false where there is none. "Local" is none: it means another zone on every machine.
func (z *Zones) Find(name string) (loc *time.Location, ok bool) {
	if known, ok := z.known.Load(name); ok {
		return known.(*time.Location), true
	}
	name = strings.Clone(name) // that of a request is a part of all of it
	loc, err := time.LoadLocation(name)
	if err != nil || name == "Local" {
		return nil, false
	}
	z.known.Store(name, loc)
	return loc, true
}
