package catalog

import (
	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
)

// Store is a place with its opening hours.
type Store struct {
	ID     string
	Hours  Hours
	Corner *Corner // nil: it has none
	names  []string
}

// Name returns what customers call it, in a catalogue locale.
func (s *Store) Name(locale int) string { return s.names[locale] }

// Corner is the surprise corner of a store.
type Corner struct {
	// Hours are those in which both the store and its corner are open.
	Hours Hours
	Items []CornerItem
	texts []CornerText // by catalogue locale
}

// Text returns what its card says, in a catalogue locale.
func (c *Corner) Text(locale int) CornerText { return c.texts[locale] }

// CornerText is what stands on the shelf's card.
type CornerText struct {
	Locale, Title, Text string
}

// CornerItem is one thing in a corner.
type CornerItem struct {
	// Contains is in the form of Fold.
	Contains []string
	names    []string
}

// Name returns its name in a catalogue locale.
func (i *CornerItem) Name(locale int) string { return i.names[locale] }

// Store returns the store of this id, or nil.
func (c *Catalog) Store(id string) *Store { return c.stores[id] }

// HasStores reports whether the catalogue lists its stores; where not, any id is one.
func (c *Catalog) HasStores() bool { return len(c.stores) > 0 }

// StoreName returns what customers call a store: of one that the catalogue does not list, the id.
func (c *Catalog) StoreName(id string, locale int) string {
	if s := c.stores[id]; s != nil {
		return s.Name(locale)
	}
	return id
}

func (c *compiler) compileStores() {
	for i, src := range c.src.GetStores() {
		at := c.places.stores[i]
		if c.cat.stores[src.GetId()] != nil {
			c.errorf(at.in("id"), "store %q is here twice", src.GetId())
			continue
		}
		s := &Store{ID: src.GetId(), Hours: c.hours(src.GetHours(), at.in("hours"))}
		s.names = c.plainTexts(src.GetNames(), at.in("names"), "a store's name", s.ID)
		s.Corner = c.corner(src.GetCorner(), s, at.in("corner"))
		c.cat.stores[s.ID] = s
	}
}

func (c *compiler) corner(src *surprisev1.Corner, s *Store, at place) *Corner {
	if src == nil {
		return nil
	}
	out := &Corner{Hours: c.hours(src.GetHours(), at.in("hours")).within(s.Hours), texts: c.cornerTexts(src, s, at.in("texts"))}
	if out.Hours.never() && !s.Hours.never() {
		c.warnf(at.in("hours"), "give it hours in which the store is open, or none at all", "the corner of store %q is never open: its hours are not within the store's", s.ID)
	}
	for i, item := range src.GetItems() {
		names := c.plainTexts(item.GetNames(), at.in("items", i, "names"), "an item's name", "")
		out.Items = append(out.Items, CornerItem{Contains: foldAll(item.GetContains()), names: names})
	}
	return out
}

// cornerTexts completes the card of a shelf for every locale. Without any text its title is the store's name.
func (c *compiler) cornerTexts(src *surprisev1.Corner, s *Store, at place) []CornerText {
	base := readLocales(c, src.GetTexts(), at, func(t *surprisev1.CornerText, at place) {
		c.checkPlain(t.GetTitle(), at.in("title"), "a corner's title")
		if t.GetText() != "" {
			c.checkPlain(t.GetText(), at.in("text"), "a corner's text")
		}
	})
	def := c.cat.locales[0]
	c.needsDefault(len(src.GetTexts()), hasLocale(base, def), at, "the corner")
	out := make([]CornerText, len(c.cat.locales))
	for i, tag := range c.cat.locales {
		if len(base) == 0 {
			out[i] = CornerText{Locale: tag.String(), Title: s.Name(i)}
			continue
		}
		from := nearest(base, tag, def)
		out[i] = CornerText{Locale: from.String(), Title: base[from].GetTitle(), Text: base[from].GetText()}
	}
	return out
}

// hasCorner reports whether any store has a corner.
func (c *compiler) hasCorner() bool {
	for _, s := range c.cat.stores {
		if s.Corner != nil {
			return true
		}
	}
	return false
}
