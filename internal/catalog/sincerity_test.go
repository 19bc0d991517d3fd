package catalog

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"pgregory.net/rapid"
)

func phrasesIn(text string) []string {
	folded := foldText(text)
	var out []string
	for _, f := range (newSincerity(builtInSincerity())).find(&folded) {
		from, to := folded.from[f.start], folded.from[f.end-1]+1
		out = append(out, string([]rune(text)[from:to]))
	}
	return out
}

func TestInsincere(t *testing.T) {
	for text, want := range map[string]string{
		"A cup for you when you buy two bags":         "when you buy",
		"Free with ANY purchase!":                     "with ANY purchase",
		"Spend NT$ 1,500 and get a cup":               "Spend NT$ 1,500",
		"spend 500, get a cup":                        "spend 500",
		"Buy 2 get 1":                                 "Buy 2 get",
		"Yours on your next\n visit":                  "on your next\n visit",
		"Please come   back soon":                     "come   back",
		"Don’t forget to come back":                   "come back",
		"Don't miss it when you buy tea":              "when you buy",
		"You will come back, won't you?":              "come back",
		"No worries, come back soon":                  "come back",
		"A treat every Friday.":                       "every Friday",
		"It is coming soon":                           "coming soon",
		"See you on Sunday":                           "See you on",
		"再送一杯，消費滿 500 元即可":                            "消費滿 500 元",
		"凡消費滿\n五百元":                                   "凡消費滿\n五百元",
		"單筆滿千元折百":                                     "滿千元",
		"買三送一":                                        "買三送一",
		"購買任一款茶":                                      "購買",
		"滿額就有":                                        "滿額",
		"期待您下次再來":                                     "下次再來",
		"歡迎您再次光臨":                                     "再次光臨",
		"加購更划算":                                       "加購",
		"每週五都有驚喜":                                     "每週五",
		"敬請期待":                                        "敬請期待",
		"下週見":                                         "下週",
		"买满三百":                                        "买满",
		"凭消费小票领取":                                     "凭消费",
		"满一百元减二十":                                     "满一百元",
		"购买任意商品":                                      "购买",
		"欢迎下次光临":                                      "下次光临",
		"敬请期待下周的惊喜":                                   "敬请期待下周",
		"ご購入の方に差し上げます":                                "ご購入",
		"またのご来店をお待ちしています":                             "またのご来店",
		"三千円以上で":                                      "三千円以上",
		"３０００円以上のお買い上げで":                              "３０００円以上のお買い上げ",
		"乞うご期待":                                       "乞うご期待",
		"毎週金曜日":                                       "毎週金",
		"不用等，購買就送":                                    "購買就送",
		"Buy one get one, every monday, if you spend": "Buy one get one|every monday|if you spend",
	} {
		if got := strings.Join(phrasesIn(text), "|"); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}

func TestSincere(t *testing.T) {
	for _, text := range []string{
		"For our buyers: nothing to buy, no purchase needed.",
		"We suspend all rules today. Spend the afternoon with us.",
		"You do not have to come back for it.", "You don’t have to come back.", "There is nothing you need to spend 500 on.",
		"No need to come back", "Without having to sign up", "If you buy nothing, that is fine.", "Stay as long as you like",
		"I'll come back with your tea.", "We will come back to you with the tea.", "For your next quiet hour", "Welcome back", "Delivered every time it rains",
		"不用消費", "無需購買", "无需购买", "不必消費滿 500 元", "不用再次光臨也可以", "不需要加購", "您上次購買的茶", "謝謝您購買了我們的茶", "免購買",
		"ご購入は不要です", "ご購入いただかなくても大丈夫です", "ご購入の必要はありません", "ご購入ありがとうございます", "満開の桜", "每天都好", "每週現烘的豆子",
		"滿室都是香氣", "滿一年了", "圓滿", "請原封不動帶回店裡", "中身はお楽しみに", "Please follow us to the table", "降低消費", "{name|dear guest}",
	} {
		if got := phrasesIn(text); len(got) > 0 {
			t.Errorf("%q: got %q", text, got)
		}
	}
}

// The example has copy as it should be.
func TestExampleIsSincere(t *testing.T) {
	_, problems, err := LoadDir(os.DirFS("../../examples/catalog"))
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range problems {
		if slices.ContainsFunc([]string{messageOf("conditions"), messageOf("announcements")}, func(m string) bool {
			return strings.HasSuffix(p.Message, strings.TrimPrefix(m, "%q"))
		}) {
			t.Error(p)
		}
	}
}

func TestBuiltInLists(t *testing.T) {
	lists := builtInSincerity()
	for heading, phrases := range lists {
		for i, p := range phrases {
			if p == "" || strings.ContainsAny(p, "@|") {
				t.Errorf("%s: broken phrase %q", heading, p)
			}
			if slices.Contains(phrases[:i], p) {
				t.Errorf("%s: %q is listed twice", heading, p)
			}
		}
	}
	for _, heading := range []string{"conditions", "announcements", "negations", "fillers", "allowed", "refusals", "said_by"} {
		if len(lists[heading]) == 0 {
			t.Errorf("no %s", heading)
		}
	}
}

// Every byte of a folded text knows its character, whatever the text.
func FuzzFoldText(f *testing.F) {
	for _, s := range []string{"", "Ａ ｂ\n\n消費 滿", "e\u0301\u0301 ﬁ ㍿ ﷺ", "\u3000 x \u3000"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if !utf8.ValidString(s) {
			return
		}
		folded := foldText(s)
		if len(folded.text) != len(folded.from) {
			t.Fatalf("%d bytes, %d origins", len(folded.text), len(folded.from))
		}
		if n := utf8.RuneCountInString(s); slices.ContainsFunc(folded.from, func(i int) bool { return i < 0 || i >= n }) || !slices.IsSorted(folded.from) {
			t.Errorf("%q: origins %v", s, folded.from)
		}
		(newSincerity(builtInSincerity())).find(&folded)
	})
}

// Texts that are made to be slow are not.
func TestHugeCopyIsQuick(t *testing.T) {
	for _, text := range []string{"come back ", "1", "消費滿", "you have to ", "spend 1"} {
		file := fmt.Sprintf("templates: [{id: a, kind: NOTE, levels: [{id: a, value: 1}], texts: {en: {title: t, message: %q}}}]", strings.Repeat(text, 900_000/len(text)))
		start := time.Now()
		problems := problemsOf(shopYAML, file)
		if d := time.Since(start); d > 20*time.Second || len(problems) > maxFindings {
			t.Errorf("%q: %d problems in %v", text, len(problems), d)
		} else {
			t.Logf("%q: %v", text, d)
		}
	}
}

func TestFoldWordsIsFoldText(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringOf(rapid.OneOf(rapid.Rune(), rapid.SampledFrom([]rune("aZ  \n\u3000İKǅΣςか\u3099ｶﾞé\u0301\u0323㌔ﬀ，。'’")))).Draw(t, "text")
		want, got := foldText(text), foldWords(text)
		if want.text != got.text || want.pairs != got.pairs {
			t.Fatalf("%q: got %q, want %q", text, got.text, want.text)
		}
	})
}
