package card

import "math"

// slack is for fonts that are wider than the usual ones.
const slack = 1.04

// height estimates how long a receipt is, in mm: rather too long than too short, for what is too short is cut into two.
func (v *view) height(p paper, w *words) int {
	if !p.receipt() {
		return 0
	}
	e := estimate{paper: p, line: p.em * w.lineHeight * slack}
	e.block(p.columns, v.Store+v.Badge)
	e.scaled(1.6, v.Title)
	if v.Serial != "" {
		e.scaled(1.6, v.Serial)
		e.lines += 1.5
	}
	e.block(p.columns, v.Because)
	e.section(p.columns*6/7, v.Warnings, 1.15)
	e.facts(v.Facts)
	e.section(p.columns-2, v.Wish, 1)
	e.section(p.columns-2, v.Items, 1)
	if v.Say != "" {
		e.section(p.columns*6/7-2, []string{v.Say}, 1.15)
		e.lines += 1.5
	}
	e.section(p.columns-4, v.Steps, 1.1)
	e.section(p.columns-4, v.Avoid, 1.1)
	e.section(p.columns, v.Memories, 1)
	if v.Code != "" {
		e.section(p.columns*2/3, []string{v.Code}, 1.5)
		e.lines++
	}
	e.block(p.columns, v.ClaimID)
	return e.millimetres()
}

// estimate adds up lines of body text.
type estimate struct {
	paper paper
	// line is how high one is, in mm.
	line, lines float64
}

func (e *estimate) block(columns int, text string) {
	if text != "" {
		e.lines += float64(len(wrap(text, columns)))
	}
}

// scaled is text that is that much larger than the body's.
func (e *estimate) scaled(by float64, text string) {
	e.lines += by * float64(len(wrap(text, int(float64(e.paper.columns)/by))))
}

// section has a heading; each of its lines is that high.
func (e *estimate) section(columns int, texts []string, high float64) {
	if len(texts) == 0 {
		return
	}
	e.lines += 1.75
	for _, t := range texts {
		e.lines += high * float64(len(wrap(t, columns)))
	}
}

func (e *estimate) facts(all []fact) {
	for _, f := range all {
		e.lines += .18
		e.block(e.paper.columns*5/8, f.Value)
	}
}

// millimetres includes the edges, and is rounded up to 5 mm.
func (e *estimate) millimetres() int { return int(math.Ceil((e.lines*e.line+17)/5)) * 5 }
