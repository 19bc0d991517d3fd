package catalog

import (
	"time"
)

// Shift names the shift that a time falls into by the day and time at which it begins in the catalogue's time zone, such as "2026-11-21T14:00", and
// tells when it ends. The time before the first shift of a day belongs to the last of the day before.
func (c *Catalog) Shift(t time.Time) (name string, end time.Time) {
	starts := c.shifts
	if len(starts) == 0 {
		starts = []time.Duration{0}
	}
	today := dayOf(t, c.Location)
	for ahead := -2; ; ahead++ { // it ends with the first shift of tomorrow, or of the day after where clocks skip a day
		d := today.plus(ahead)
		for _, s := range starts {
			begins := d.at(s, c.Location)
			if begins.After(t) {
				return name, begins
			}
			name = d.wall(s).Format("2006-01-02T15:04")
		}
	}
}

func (c *compiler) compileShifts() {
	at := c.places.top["shifts"]
	for i, text := range c.src.GetShifts() {
		begins := clock(text)
		if n := len(c.cat.shifts); n > 0 && begins <= c.cat.shifts[n-1] {
			c.hintf(at.in(i), "list when shifts begin, from the first of the day to the last", "shift %q does not begin after the one before it", text)
			continue
		}
		c.cat.shifts = append(c.cat.shifts, begins)
	}
}
