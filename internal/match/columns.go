package match

import (
	"runtime"
	"sync"
	"sync/atomic"

	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
	"github.com/surprise-service/surprised/internal/catalog"
	"github.com/surprise-service/surprised/internal/rule"
)

// channelColumns has a column for each channel that any template names, and one for all others.
type channelColumns struct {
	of    [wordBits]int
	other int
	// none says that no template names any channel.
	none bool
}

// placeColumns gives stages, channels and attributes their columns.
func (b *builder) placeColumns() {
	for _, s := range b.stageList {
		for len(b.stages) <= s.Position {
			b.stages = append(b.stages, nil)
		}
		b.stages[s.Position] = append(b.stages[s.Position], place{of: s, column: b.columns, factor: factorOf(b.factors, s)})
		b.columns++
	}
	b.channels = channelsOf(b.cat.Templates, b.columns)
	b.columns = b.channels.end(b.columns)
	for _, f := range b.fields {
		f.first = none
		if n := f.columns(); n > 0 {
			f.first = b.columns
			b.columns += n
		}
	}
	b.placePlanes()
}

func channelsOf(templates []*catalog.Template, first int) channelColumns {
	var named [wordBits]bool
	out := channelColumns{other: first, none: true}
	for _, t := range templates {
		if t.OnChannel(wordBits) {
			continue
		}
		out.none = false
		for c := range named {
			named[c] = named[c] || t.OnChannel(surprisev1.Channel(c)) //nolint:gosec // below 64
		}
	}
	next := first
	for c := range named {
		out.of[c] = first
		if named[c] {
			next++
			out.of[c] = next
		}
	}
	return out
}

func (c *channelColumns) end(first int) int {
	if c.none {
		return first
	}
	last := c.other
	for _, column := range c.of {
		last = max(last, column)
	}
	return last + 1
}

// column returns that of a channel.
func (c *channelColumns) column(ch surprisev1.Channel) int {
	if ch < 0 || ch >= wordBits {
		return c.other
	}
	return c.of[ch]
}

// fill writes all bits, block by block.
func (b *builder) fill() {
	b.bits = make([]uint64, b.columns*b.words*b.blocks)
	b.special = newBitset(len(b.lines))
	for row := range b.lines {
		if b.start[row+1] > b.start[row] || row > 0 && b.rows[row].Template == b.rows[row-1].Template {
			b.special.set(row)
		}
	}
	size := b.columns * b.words
	parallel(b.blocks, func(i int) {
		bl := block{from: i * b.words * wordBits, to: (i + 1) * b.words * wordBits, words: b.words, bits: b.bits[i*size : (i+1)*size], alive: make(bitset, b.words)}
		for row := bl.from; row < bl.to; row++ {
			if b.rows[row].Template != nil {
				bl.alive.set(row - bl.from)
			}
		}
		b.fillStages(bl)
		b.fillChannels(bl)
		b.fillFree(bl)
		for _, f := range b.fields {
			f.fill(bl, b.preds)
		}
	})
	b.lines = nil
	for _, f := range b.fields {
		f.usage, f.may, f.exact = &usage{attr: f.attr}, nil, nil
	}
}

// fillStages fills the first columns.
func (b *builder) fillStages(bl block) {
	for i, s := range b.stageList {
		column := bl.column(i)
		at := rule.Value{Text: s.ID}
		bl.alive.each(func(bit int) {
			row := bl.from + bit
			fits := b.rows[row].Template.OnStage(s)
			for _, p := range b.stageOf[row] {
				fits = fits && p.Of(&at)
			}
			if fits {
				column.set(bit)
				b.rows[row].At |= 1 << i // of the first 64
			}
		})
	}
}

func (b *builder) fillChannels(bl block) {
	if b.channels.none {
		return
	}
	fill := func(column int, c surprisev1.Channel) {
		bl.alive.each(func(i int) {
			if b.rows[bl.from+i].Template.OnChannel(c) {
				bl.column(column).set(i)
			}
		})
	}
	fill(b.channels.other, wordBits)
	for c, column := range b.channels.of {
		if column != b.channels.other {
			fill(column, surprisev1.Channel(c)) //nolint:gosec // below 64
		}
	}
}

// parallel calls f for all numbers below n, on all processors.
func parallel(n int, f func(i int)) {
	var next atomic.Int64
	var all sync.WaitGroup
	for range min(n, runtime.GOMAXPROCS(0)) {
		all.Go(func() {
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				f(i)
			}
		})
	}
	all.Wait()
}
