package redisstore

import "testing"

// TestCount follows how many replicas a change waits for, from one look at the Sentinels to the next.
func TestCount(t *testing.T) {
	both, one, nobody := view{"a", 2, 2}, view{"a", 1, 2}, view{}
	long := make([]view, patience)
	for i := range long {
		long[i] = one
	}
	for name, c := range map[string]struct {
		online int
		looks  []view
		want   int
	}{
		"all are there":                                 {2, []view{both}, 2},
		"one was late at the start":                     {1, []view{both}, 2},
		"one is missing at the start":                   {1, []view{one}, 1},
		"one is lost for a moment":                      {2, append([]view{both}, long[1:]...), 2},
		"and another moment later":                      {2, append(append(long[1:], both), long[1:]...), 2},
		"one is lost for long":                          {2, append([]view{both}, long...), 1},
		"one came back":                                 {2, append(append([]view{}, long...), both), 2},
		"no Sentinel answers":                           {2, []view{both, nobody, nobody}, 2},
		"a failover while one is counted out":           {2, append(append([]view{}, long...), nobody), 2},
		"no Sentinel answered, one is still lost":       {2, append(append([]view{}, long...), nobody, one), 1},
		"a look that failed is not one of a row":        {2, append(append([]view{both, one}, nobody), long[1:]...), 2},
		"another primary, the old one is missing":       {2, []view{both, nobody, {"b", 1, 2}}, 1},
		"another primary, and the old one is a replica": {2, []view{both, nobody, {"b", 1, 2}, {"b", 2, 2}}, 2},
	} {
		got, n := c.online, count{want: c.online}
		for _, v := range c.looks {
			got = n.after(v)
		}
		if got != c.want {
			t.Errorf("%s: a change waits for %d, want %d", name, got, c.want)
		}
	}
}
