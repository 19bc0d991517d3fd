package card

import (
	"reflect"
	"testing"
)

func TestWordsOf(t *testing.T) {
	for tag, want := range map[string]string{
		"en": "Do not", "": "Do not", "de": "Do not", "en-GB": "Do not", "zh": "请不要", "zh-Hans-TW": "请不要", "zh-CN": "请不要", "zh-Hant": "請不要", "zh-TW": "請不要",
		"zh-HK": "請不要", "yue": "請不要", "yue-Hans": "请不要", "ja": "しないこと", "ja-JP": "しないこと",
	} {
		if got := wordsOf(tag); got.avoid != want {
			t.Errorf("%q: %q, want %q", tag, got.avoid, want)
		}
	}
}

// TestWordsComplete: a language that lacks a word would print an empty heading.
func TestWordsComplete(t *testing.T) {
	for _, tag := range []string{"en", "zh-Hant", "zh-Hans", "ja"} {
		v := reflect.ValueOf(*wordsOf(tag))
		for i := range v.NumField() {
			if v.Field(i).IsZero() {
				t.Errorf("%s has no %s", tag, v.Type().Field(i).Name)
			}
		}
	}
}

func TestSerialNumber(t *testing.T) {
	for _, c := range []struct {
		tag   string
		n, of int64
		want  string
	}{
		{"en", 7, 100, "No. 7 of 100"}, {"en", 7, 0, "No. 7"}, {"en", 0, 100, ""}, {"ja", 7, 100, "100 点中 7 番"}, {"zh-Hant", 7, 100, "第 7 號／共 100 件"},
	} {
		if got := wordsOf(c.tag).serialNumber(c.n, c.of); got != c.want {
			t.Errorf("%s %d of %d: %q, want %q", c.tag, c.n, c.of, got, c.want)
		}
	}
}

func TestSpan(t *testing.T) {
	for _, tag := range []string{"en", "zh-Hans", "ja"} {
		c := newClock(wordsOf(tag), "Asia/Taipei")
		for _, span := range []struct {
			name                 string
			fromDay, toDay, hour int
			en, zhHans, ja       string
		}{
			{"one day", 24, 24, 18, "Tue 24 Nov 11:00–18:00", "11月24日(二) 11:00–18:00", "11月24日(火) 11:00–18:00"},
			{"to midnight", 24, 25, 0, "Tue 24 Nov 11:00–24:00", "11月24日(二) 11:00–24:00", "11月24日(火) 11:00–24:00"},
			{"two days", 24, 25, 2, "Tue 24 Nov 11:00 – Wed 25 Nov 02:00", "11月24日(二) 11:00 – 11月25日(三) 02:00", "11月24日(火) 11:00 – 11月25日(水) 02:00"},
		} {
			want := map[string]string{"en": span.en, "zh-Hans": span.zhHans, "ja": span.ja}[tag]
			if got := c.span(ts(taipei(span.fromDay, 11, 0)), ts(taipei(span.toDay, span.hour, 0))); got != want {
				t.Errorf("%s %s: %q, want %q", tag, span.name, got, want)
			}
		}
	}
	if got := newClock(wordsOf("en"), "No/Where").time(ts(taipei(24, 11, 0))); got != "Tue 24 Nov 03:00" {
		t.Errorf("a zone that does not exist is UTC, got %q", got)
	}
}
