package wish

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/testing/protocmp"

	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
	"github.com/surprise-service/surprised/internal/catalog"
)

// newCatalog makes a catalogue of synonyms, "tag: word, word", and templates, "id: tag, tag".
func newCatalog(synonyms, templates []string) *catalog.Catalog {
	src := &surprisev1.Catalog{Wishes: &surprisev1.WishPolicy{}}
	for _, s := range synonyms {
		tag, words := listed(s)
		src.Wishes.Synonyms = append(src.Wishes.Synonyms, &surprisev1.Synonym{Tag: tag, Words: words})
	}
	cat := &catalog.Catalog{Source: src}
	for _, s := range templates {
		id, grants := listed(s)
		t := &surprisev1.Template{Id: id, Grants: grants}
		src.Templates = append(src.Templates, t)
		cat.Templates = append(cat.Templates, &catalog.Template{ID: id, Source: t})
	}
	return cat
}

func listed(s string) (name string, list []string) {
	name, rest, _ := strings.Cut(s, ": ")
	return name, strings.Split(rest, ", ")
}

// shop declares each word in one variant only: Traditional here, Simplified there, katakana or kanji in Japanese.
func shop() *Matcher {
	return New(newCatalog([]string{
		"umbrella: brolly, 雨傘, 傘, парасолька",
		"coaster: 杯垫, コースター",
		"cake: 蛋糕, ケーキ, gâteau",
		"coffee: 咖啡, 珈琲, コーヒー, café",
		"birthday_party: 生日派對, 誕生日会, sinh nhật",
		"scarf: 围巾, マフラー, scarf, scarves",
		"t_shirt: T恤, Tシャツ",
		"karaoke: 卡拉OK",
		"roof: ता",
		"book_token: 图书卡, 図書カード",
		"dog: 🐕, 강아지",
		"music: เพลง, موسيقى",
		"parasol: 陽傘",
		"shares: 株",
	}, []string{"rain: umbrella, coaster", "party: cake, birthday_party, coffee", "tea_time: cake, coaster"}))
}

func TestTags(t *testing.T) {
	m := shop()
	for _, test := range []struct{ name, text, want string }{
		{"traditional", "希望店裡借我一把雨傘，下雨了", "umbrella"},
		{"simplified, declared in traditional", "希望店里借我一把雨伞，下雨了", "umbrella"},
		{"traditional, declared in simplified", "我想要一個杯墊和一條圍巾", "coaster scarf"},
		{"simplified", "我想要一个杯垫和一条围巾", "coaster scarf"},
		{"english", "I would love an Umbrella and a piece of CAKE.", "cake umbrella"},
		{"plural", "two umbrellas, three t-shirts, brollies", "t_shirt umbrella"},
		{"possessive", "my umbrella's handle; umbrellas' handles", "umbrella"},
		{"japanese", "誕生日会でケーキを食べたいです", "birthday_party cake"},
		{"japanese in half width", "ｹｰｷとｺｰﾋｰ", "cake coffee"},
		{"japanese in hiragana", "けーきがほしい", "cake"},
		{"japanese, declared in simplified", "図書卡", "book_token"},
		{"japanese kanji, chinese text", "圖書カード", "book_token"},
		{"voicing marks of half width", "図書ｶｰﾄﾞ", "book_token"},
		{"voicing marks that combine", "図書カート\u3099", "book_token"},
		{"full width", "ＣＡＫＥ", "cake"},
		{"accents left out", "un gateau, un cafe", "cake coffee"},
		{"accents that combine", "un ga\u0302teau au cafe\u0301", "cake coffee"},
		{"vietnamese", "Tiệc SINH  NHẬT", "birthday_party"},
		{"cyrillic", "ПАРАСОЛЬКА!", "umbrella"},
		{"phrase over lines", "a birthday\n  party", "birthday_party"},
		{"phrase with a hyphen, tag as a hash tag", "birthday-party #birthday_party", "birthday_party"},
		{"phrase cut by punctuation", "For my birthday. Party hats", ""},
		{"space between scripts", "一件 T 恤", "t_shirt"},
		{"no space between scripts", "一件T恤", "t_shirt"},
		{"space between scripts, the other way round", "去卡拉 OK", "karaoke"},
		{"part of a hindi word, after a vowel sign", "छाता", ""},
		{"hindi", "एक ता।", "roof"},
		{"space within a chinese word", "下大雨 衣服湿", ""},
		{"english within chinese", "想要cake喔", "cake"},
		{"part of an english word", "cakewalk, pancake, scarface, t shirts7", ""},
		{"sub-tags found in one word", "雨傘", "umbrella"},
		{"words of two tags, one in the other", "一把陽傘", "parasol umbrella"},
		{"markup", "<b>umbrella</b><i>cake</i>", "cake umbrella"},
		{"emoji around", "🌧️☂️umbrella🎂蛋糕🎂", "cake umbrella"},
		{"emoji as a word, with a form", "a 🐕\ufe0f please", "dog"},
		{"right to left around", "\u202bأريد umbrella من فضلك\u202c", "umbrella"},
		{"right to left", "أحب مُوسِيقَى", "music"},
		{"korean with a particle", "강아지를 보고 싶어요", "dog"},
		{"korean, decomposed", "\u1100\u1161\u11bc\u110b\u1161\u110c\u1175", "dog"},
		{"thai", "ฟังเพลงด้วย", "music"},
		{"soft hyphen and zero-width space", "um\u00adbrella 蛋\u200b糕", "cake umbrella"},
		{"part of a character", "㍿", ""},
		{"cut by a prolonged sound", "ケーキー", ""},
		{"invalid", "\xff\xfeumbrella\xff", "umbrella"},
		{"nothing", "", ""},
		{"negation is not understood", "no umbrella", "umbrella"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := strings.Join(m.Tags(test.text), " "); got != test.want {
				t.Errorf("Tags(%q) = %q, want %q", test.text, got, test.want)
			}
		})
	}
}

func match(template string, words ...*surprisev1.MatchedWord) *surprisev1.WishMatch {
	return &surprisev1.WishMatch{Template: template, Tags: int32(len(words)), Words: words}
}

func word(tag, written string, start, length int32) *surprisev1.MatchedWord {
	return &surprisev1.MatchedWord{Tag: tag, Word: written, Start: start, Length: length}
}

func TestMatch(t *testing.T) {
	m := shop()
	for _, test := range []struct {
		name, text string
		n          int
		want       []*surprisev1.WishMatch
	}{
		{"the longest of a tag, once", "我要雨伞，两把伞", 9, []*surprisev1.WishMatch{match("rain", word("umbrella", "雨伞", 2, 2))}},
		{"more tags first", "cake, coaster", 9, []*surprisev1.WishMatch{
			match("tea_time", word("cake", "cake", 0, 4), word("coaster", "coaster", 6, 7)),
			match("party", word("cake", "cake", 0, 4)), match("rain", word("coaster", "coaster", 6, 7)),
		}},
		{"then rarer tags", "cakes and coffee with an umbrella", 9, []*surprisev1.WishMatch{
			match("party", word("cake", "cakes", 0, 5), word("coffee", "coffee", 10, 6)),
			match("rain", word("umbrella", "umbrella", 25, 8)), match("tea_time", word("cake", "cakes", 0, 5)),
		}},
		{"at most n", "cake, coaster", 1, []*surprisev1.WishMatch{match("tea_time", word("cake", "cake", 0, 4), word("coaster", "coaster", 6, 7))}},
		{"positions in code points, accents included", "🎂 ga\u0302teau", 1, []*surprisev1.WishMatch{match("party", word("cake", "ga\u0302teau", 2, 7))}},
		{"phrase as written", "Birthday \n party!", 1, []*surprisev1.WishMatch{match("party", word("birthday_party", "Birthday \n party", 0, 16))}},
		{"half width as written", "ｹｰｷ", 1, []*surprisev1.WishMatch{match("party", word("cake", "ｹｰｷ", 0, 3))}},
		{"none wanted", "cake", 0, nil},
		{"none found", "a pony", 9, nil},
		{"granted by nobody", "scarf", 9, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, m.Match(test.text, test.n), protocmp.Transform(), equateEmpty()); diff != "" {
				t.Errorf("Match(%q, %d) (-want +got):\n%s", test.text, test.n, diff)
			}
		})
	}
}

func equateEmpty() cmp.Option {
	return cmp.Transformer("nil", func(m []*surprisev1.WishMatch) map[int]*surprisev1.WishMatch {
		out := map[int]*surprisev1.WishMatch{}
		for i, w := range m {
			out[i] = w
		}
		return out
	})
}

func TestMatchTags(t *testing.T) {
	m := New(newCatalog(nil, []string{"rain: umbrella, coaster", "party: cake", "tea_time: cake, coaster", "more: cake, cake", "lunch: cake"}))
	cake, coaster := word("cake", "", 0, 0), word("coaster", "", 0, 0)
	want := []*surprisev1.WishMatch{
		match("tea_time", cake, coaster), match("rain", coaster), match("lunch", cake), match("more", cake), match("party", cake),
	}
	if diff := cmp.Diff(want, m.MatchTags([]string{"coaster", "gone", "cake", "cake"}), protocmp.Transform()); diff != "" {
		t.Errorf("MatchTags (-want +got):\n%s", diff)
	}
}

func TestTagsOfACatalogueWithoutWishes(t *testing.T) {
	m := New(&catalog.Catalog{})
	if got := m.Tags("cake"); len(got) > 0 {
		t.Errorf("Tags = %q of an empty catalogue", got)
	}
	if got := m.Match("cake", 3); len(got) > 0 {
		t.Errorf("Match = %v of an empty catalogue", got)
	}
}

func TestWordsWithNothingToCompareMatchNothing(t *testing.T) {
	m := New(newCatalog([]string{"cake: -,  , \u200b"}, []string{"party: cake"}))
	if got := m.Tags("- \u200b \n ..."); len(got) > 0 {
		t.Errorf("Tags = %q, want none", got)
	}
}

func TestInflection(t *testing.T) {
	for _, test := range []struct{ declared, found, notFound string }{
		{"cake", "cake cakes", "caked cakess cak"},
		{"box", "box boxes", "boxs boxe"},
		{"berry", "berry berries", "berrys berri"},
		{"toy", "toy toys", "toies"},
		{"dish", "dish dishes", "dishs"},
		{"potato", "potato potatoes", "potat"},
		{"flowers", "flower flowers", "flow"},
		{"cookies", "cookie cookies", "cook"},
		{"peaches", "peach peaches", "pea"},
		{"cherries", "cherry cherries", "cher"},
		{"glasses", "glasses", "glass"},
		{"glass", "glass glasses", "glas"},
		{"gift cards", "gift-card gift-cards", "gift"},
		{"gas", "gas gases", "ga"},
		{"a", "a", "as"},
		{"4x4", "4x4", "4x4s"},
	} {
		m := New(newCatalog([]string{"tag: " + test.declared}, nil))
		for _, text := range strings.Fields(test.found) {
			if len(m.Tags(text)) == 0 {
				t.Errorf("declared %q: %q is not found", test.declared, text)
			}
		}
		for _, text := range strings.Fields(test.notFound) {
			if len(m.Tags(text)) > 0 {
				t.Errorf("declared %q: %q is found", test.declared, text)
			}
		}
	}
}

func TestConcurrentUse(t *testing.T) {
	m := shop()
	text := "我要雨伞和蛋糕 cake, coaster " + strings.Repeat("café ", 20)
	want := m.Match(text, 9)
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			for range 200 {
				m.Tags(fmt.Sprint("scarf", i))
				if diff := cmp.Diff(want, m.Match(text, 9), protocmp.Transform()); diff != "" {
					t.Errorf("another answer when used by many (-want +got):\n%s", diff)
					return
				}
			}
		})
	}
	wg.Wait()
}
