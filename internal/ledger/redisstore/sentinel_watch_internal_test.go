package redisstore

import (
	"slices"
	"testing"
)

// TestCount follows how many replicas a change waits for, from one look at the Sentinels to the next.
func TestCount(t *testing.T) {
	both, one, none, nothing := seeing("a", 2, 2), seeing("a", 1, 2), seeing("a", 0, 2), view{}
	failover := view{failover: true}
	long := slices.Repeat([]view{one}, patience)
	for name, c := range map[string]struct {
		online int
		looks  [][]view
		want   int
	}{
		"all are there":                                   {2, [][]view{{both}}, 2},
		"one was late at the start":                       {1, [][]view{{both}}, 2},
		"one is missing at the start":                     {1, [][]view{{one}}, 1},
		"one is lost for a moment":                        {2, [][]view{{both}, long[1:]}, 2},
		"and another moment later":                        {2, [][]view{long[1:], {both}, long[1:]}, 2},
		"one is lost for long":                            {2, [][]view{{both}, long}, 1},
		"and the other one in the last moment":            {2, [][]view{{both}, long[1:], {none}}, 1},
		"one came back":                                   {2, [][]view{long, {both}}, 2},
		"a look saw nothing":                              {2, [][]view{long, {nothing}}, 1},
		"several looks saw nothing":                       {2, [][]view{long, slices.Repeat([]view{nothing}, blind+1)}, 2},
		"several looks, but not in a row":                 {2, [][]view{long, slices.Repeat([]view{nothing}, blind), {one, nothing}}, 1},
		"a failover while one is counted out":             {2, [][]view{long, {failover}}, 2},
		"a Sentinel sees a failover, most do not":         {2, [][]view{long, {{"a", 1, 2, true}}}, 2},
		"the failover came to nothing":                    {2, [][]view{long, {failover, one}}, 1},
		"a look that failed is not one of a row":          {2, [][]view{{both, one, nothing}, long[1:]}, 2},
		"another primary, the old one is missing":         {2, [][]view{{both, nothing, seeing("b", 1, 2)}}, 1},
		"another primary, nobody follows it yet":          {2, [][]view{{both, failover, seeing("b", 0, 2)}}, 1},
		"another primary, one of two others follows":      {3, [][]view{{seeing("a", 3, 3), seeing("b", 1, 3)}}, 2},
		"another primary, one of two others never does":   {3, [][]view{{seeing("a", 3, 3)}, slices.Repeat([]view{seeing("b", 1, 3)}, patience)}, 1},
		"another primary, and the old one is a replica":   {2, [][]view{{both, nothing, seeing("b", 1, 2), seeing("b", 2, 2)}}, 2},
		"another primary, after one had been counted out": {2, [][]view{long, {failover, seeing("b", 1, 2)}}, 1},
	} {
		got, n := c.online, count{want: c.online}
		for _, v := range slices.Concat(c.looks...) {
			got = n.after(v)
		}
		if got != c.want {
			t.Errorf("%s: a change waits for %d, want %d", name, got, c.want)
		}
	}
}

func seeing(primary string, promotable, listed int) view {
	return view{primary: primary, promotable: promotable, listed: listed}
}
