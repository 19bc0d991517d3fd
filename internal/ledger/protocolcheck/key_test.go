package protocolcheck

// key is a state in few bytes: one word for each claim, and the counter.
type key [claims + 1]uint32

// key packs a state. Claims that are interchangeable are sorted: those of customer a, and those of customers b and c. Whatever can happen to
// the one can happen to the other, so that states which differ only in which is which break the same promises.
func (s *state) key() key {
	k := key{claims: uint32(s.counter)}
	for i := range s.claims {
		k[i] = s.claims[i].pack()
	}
	k[0], k[1] = max(k[0], k[1]), min(k[0], k[1])
	k[2], k[3] = max(k[2], k[3]), min(k[2], k[3])
	return k
}

func (k key) state() state {
	s := state{counter: uint8(k[claims])}
	for i := range s.claims {
		s.claims[i] = unpack(k[i])
	}
	return s
}

// entryBits is how many bits an entry takes: the record, the unit and four flags.
const entryBits = 3 + 2 + 4

func (c *claim) pack() uint32 {
	return c.entries[own].pack() | c.entries[late].pack()<<entryBits | flags(c.acked, c.refused, c.over, c.decided)<<(2*entryBits)
}

func unpack(bits uint32) claim {
	flag := func(n int) bool { return bits>>(2*entryBits+n)&1 != 0 }
	return claim{
		entries: [ids]entry{own: unpackEntry(bits), late: unpackEntry(bits >> entryBits)},
		acked:   flag(0), refused: flag(1), over: flag(2), decided: flag(3),
	}
}

func (e *entry) pack() uint32 {
	return uint32(e.record) | uint32(e.unit)<<3 | flags(e.claiming, e.listed, e.releasing, e.posting)<<5
}

func unpackEntry(bits uint32) entry {
	flag := func(n int) bool { return bits>>(5+n)&1 != 0 }
	return entry{
		record: record(bits & 7), unit: unit(bits >> 3 & 3),
		claiming: flag(0), listed: flag(1), releasing: flag(2), posting: flag(3),
	}
}

func flags(set ...bool) uint32 {
	var bits uint32
	for i, b := range set {
		if b {
			bits |= 1 << i
		}
	}
	return bits
}
