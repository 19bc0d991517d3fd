package catalog

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
)

// sincerity looks for what makes a surprise none: copy that ties it to a condition, or announces it.
type sincerity struct {
	words sincerityWords
	// sought are the conditions and announcements among them.
	sought []sought
}

// sought is a phrase with the pairs of bytes that a text with it has.
type sought struct {
	phrase, sort string
	pairs        pairs
	// first is the word of pairs that says most, which most texts have not.
	first int
}

func newSincerity(words sincerityWords) sincerity {
	s := sincerity{words: words}
	for _, sort := range []string{"conditions", "announcements"} {
		for _, phrase := range words[sort] {
			p := sought{phrase: phrase, sort: sort}
			for part := range strings.SplitSeq(phrase, "#") {
				p.pairs.add(part)
			}
			p.first = p.pairs.fullest()
			s.sought = append(s.sought, p)
		}
	}
	return s
}

// finding is a phrase in a text, as bytes of the folded text.
type finding struct {
	start, end int
	sort       string
	harmless   bool
}

func (c *compiler) checkSincerity(ctx context.Context) {
	src := c.src.GetSincerity()
	words := builtInSincerity()
	if src.GetOnlyThese() {
		words["conditions"], words["announcements"] = nil, nil
	}
	at := c.places.top["sincerity"]
	words["conditions"] = append(words["conditions"], c.phrases(src.GetConditions(), at.in("conditions"))...)
	words["announcements"] = append(words["announcements"], c.phrases(src.GetAnnouncements(), at.in("announcements"))...)
	s := newSincerity(words)
	c.inShares(ctx, len(c.src.GetTemplates()), func(c *compiler, from, to int) {
		for i, t := range c.src.GetTemplates()[from:to] {
			at := c.places.templates[from+i]
			c.checkCopies(s, t.GetTexts(), at.in("texts"))
			for j, l := range t.GetLevels() {
				c.checkCopies(s, l.GetTexts(), at.in("levels", j, "texts"))
			}
		}
	})
	for i, store := range c.src.GetStores() {
		for locale, t := range store.GetCorner().GetTexts() {
			at := c.places.stores[i].in("corner", "texts", locale)
			c.checkCopy(s, t.GetTitle(), at.in("title"))
			c.checkCopy(s, t.GetText(), at.in("text"))
		}
	}
}

// phrases reads the catalogue's own phrases.
func (c *compiler) phrases(list []string, at place) []string {
	c.checkWords(list, at)
	var out []string
	for _, w := range list {
		if f := foldText(w).text; f != "" {
			out = append(out, f)
		}
	}
	return out
}

// checkCopies looks at what customers read and hear. Steps are for staff, and what to avoid may well name what is not to be said.
func (c *compiler) checkCopies(s sincerity, texts map[string]*surprisev1.Text, at place) {
	for locale, t := range texts {
		in := at.in(locale)
		c.checkCopy(s, t.GetTitle(), in.in("title"))
		c.checkCopy(s, t.GetMessage(), in.in("message"))
		c.checkCopy(s, t.GetCard().GetSay(), in.in("card", "say"))
	}
}

// maxFindings is how many phrases of one text are reported.
const maxFindings = 5

func (c *compiler) checkCopy(s sincerity, text string, at place) {
	if text == "" {
		return
	}
	folded := foldWords(text)
	found := s.find(&folded)
	if len(found) == 0 {
		return
	}
	folded = foldText(text)
	original := []rune(text)
	for _, f := range found[:min(len(found), maxFindings)] {
		from, to := folded.from[f.start], folded.from[f.end-1]+1
		p := at.problem(messageOf(f.sort), strings.Join(strings.Fields(string(original[from:to])), " "))
		p.Hint, p.Warning = hintOf(f.sort), true
		if at.node != nil && at.node.value == text {
			p.Line, p.Column = at.position(from)
		}
		c.add(p)
	}
}

func messageOf(sort string) string {
	if sort == "announcements" {
		return "%q announces the surprise"
	}
	return "%q ties the gift to a condition"
}

func hintOf(sort string) string {
	if sort == "announcements" {
		return "what is announced surprises nobody: leave it out"
	}
	return "a gift asks for nothing in return: leave it out"
}

// find returns all that is said insincerely, in the order of the text; phrases that overlap or touch are one.
func (s sincerity) find(t *foldedText) []finding {
	var all []finding
	for i := range s.sought {
		if p := &s.sought[i]; p.pairs[p.first]&^t.pairs[p.first] == 0 && t.pairs.hasAll(&p.pairs) {
			all = s.findAll(all, p.phrase, p.sort, t)
		}
	}
	slices.SortFunc(all, func(a, b finding) int {
		return cmp.Or(cmp.Compare(a.start, b.start), cmp.Compare(b.end, a.end), cmp.Compare(a.sort, b.sort))
	})
	var out []finding
	for _, f := range all {
		if last := len(out) - 1; last >= 0 && f.start < out[last].end || last >= 0 && f.start == out[last].end && f.sort == out[last].sort {
			out[last].end = max(out[last].end, f.end)
			continue
		}
		f.harmless = s.harmless(f, t)
		out = append(out, f)
	}
	return slices.DeleteFunc(out, func(f finding) bool { return f.harmless })
}

func (s sincerity) findAll(to []finding, phrase, sort string, t *foldedText) []finding {
	for from := 0; ; {
		start, end, ok := t.find(phrase, from)
		if !ok {
			return to
		}
		to = append(to, finding{start: start, end: end, sort: sort})
		from = end
	}
}

// harmless reports whether what stands before or after a phrase turns it round: "nothing to buy", 無需購買, ご購入は不要.
func (s sincerity) harmless(f finding, t *foldedText) bool {
	before, after := strings.TrimRight(t.text[:f.start], " "), strings.TrimLeft(t.text[f.end:], " ")
	for _, w := range s.words["allowed"] {
		if f.sort == "conditions" && strings.HasPrefix(after, w) {
			return true
		}
	}
	clause := after[:min(len(after), maxClause)]
	if i := strings.IndexFunc(clause, endsClause); i >= 0 {
		clause = clause[:i]
	}
	for _, w := range s.words["refusals"] {
		if strings.Contains(clause, w) {
			return true
		}
	}
	return hasLastWord(before, s.words["said_by"]) || hasLastWord(s.withoutFillers(before), s.words["negations"])
}

// maxClause is how far after a phrase, in bytes, what turns it round is looked for.
const maxClause = 90

func endsClause(r rune) bool { return strings.ContainsRune(".,;:!?。，、；：！？", r) }

// maxFillers is how many words may stand between a negation and what it negates: "you do not have to".
const maxFillers = 4

func (s sincerity) withoutFillers(before string) string {
	for range maxFillers {
		if hasLastWord(before, s.words["negations"]) {
			break
		}
		i := strings.LastIndexByte(before, ' ')
		if i < 0 || !slices.Contains(s.words["fillers"], before[i+1:]) {
			break
		}
		before = before[:i]
	}
	return before
}

// hasLastWord reports whether a text ends in one of the words.
func hasLastWord(text string, words []string) bool {
	return slices.ContainsFunc(words, func(w string) bool {
		rest, ends := strings.CutSuffix(text, w)
		if !ends {
			return false
		}
		before, _ := utf8.DecodeLastRuneInString(rest)
		first, _ := utf8.DecodeRuneInString(w)
		return !spelt(first) || !spelt(before) && !unicode.IsLetter(before)
	})
}
