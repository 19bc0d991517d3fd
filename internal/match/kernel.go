package match

// andAll removes from d, some words at the start of a column, what is not in all of the columns as well. They begin at the offsets in bits.
// It returns some bits of what is left. Six columns are taken at a time: many units die on the first six, and a word of d is then loaded and
// stored once for six others (measured against 1, 4 and 8 columns, and against keeping eight words in registers).
func andAll(d *[chunk]uint64, bits []uint64, columns []uint32) uint64 {
	for len(columns) >= 6 {
		p, q, r := (*[chunk]uint64)(bits[columns[0]:]), (*[chunk]uint64)(bits[columns[1]:]), (*[chunk]uint64)(bits[columns[2]:])
		s, t, u := (*[chunk]uint64)(bits[columns[3]:]), (*[chunk]uint64)(bits[columns[4]:]), (*[chunk]uint64)(bits[columns[5]:])
		for i := range d {
			d[i] &= p[i] & q[i] & r[i] & s[i] & t[i] & u[i]
		}
		columns = columns[6:]
		if len(columns) > 0 && anyOf(d) == 0 {
			return 0
		}
	}
	for _, c := range columns {
		p := (*[chunk]uint64)(bits[c:])
		for i := range d {
			d[i] &= p[i]
		}
	}
	return anyOf(d)
}

func anyOf(d *[chunk]uint64) uint64 { return d[0] | d[1] | d[2] | d[3] | d[4] | d[5] | d[6] | d[7] }

// orAll adds columns to d. They begin at the offsets in bits.
func orAll(d *[chunk]uint64, bits []uint64, columns []uint32) {
	for len(columns) >= 4 {
		p, q, r, s := (*[chunk]uint64)(bits[columns[0]:]), (*[chunk]uint64)(bits[columns[1]:]), (*[chunk]uint64)(bits[columns[2]:]), (*[chunk]uint64)(bits[columns[3]:])
		for i := range d {
			d[i] |= p[i] | q[i] | r[i] | s[i]
		}
		columns = columns[4:]
	}
	for _, c := range columns {
		orInto(d, bits[c:])
	}
}

// orInto adds the start of a column to d.
func orInto(d *[chunk]uint64, column []uint64) {
	p := (*[chunk]uint64)(column)
	for i := range d {
		d[i] |= p[i]
	}
}
