package card

import (
	"fmt"
	"strings"
	"time"
)

// words are what every card says, in one language.
type words struct {
	// Of the data.
	gone, ownIdea         string
	appointment, adviser  string
	shelfTitle, shelfText string
	// Headings.
	careful, customer, role, slot, pickup, orderBy, doBy, order, trial, code, heldBy string
	items, wish, say, steps, avoid, memories, claim, private, public, because        string
	open, alwaysOpen, inside, ask                                                    string
	// colon stands between a heading and its text on one line; quote opens and closes what is said.
	colon    string
	quote    [2]string
	serial   string // two numbers
	serialOf string // one number, where the number of pieces is not known
	weekdays [7]string
	day      func(w *words, t time.Time) string // with what separates it from the time
	days     string                             // two weekdays
	trialTo  string
	// lineHeight is that of the page's style for this script, in em.
	lineHeight float64
}

// warningWords are the few that offers need, of which there are many more than cards that somebody sees.
type warningWords struct {
	allergy, dislikes string // with what separates them from what follows
	unknown           string
}

// wordsOf returns the words of a BCP 47 tag; English where there are none.
func wordsOf(tag string) *words { return inLanguage(tag, english, hant, hans, japanese) }

func warningWordsOf(tag string) warningWords {
	return inLanguage(tag, englishWarnings, hantWarnings, hansWarnings, japaneseWarnings)
}

// inLanguage chooses by a BCP 47 tag.
func inLanguage[T any](tag string, english, hant, hans, japanese func() T) T {
	base, rest, _ := strings.Cut(tag, "-")
	switch strings.ToLower(base) {
	case "zh", "cmn":
		if traditional(rest) {
			return hant()
		}
		return hans()
	case "yue":
		if strings.Contains(rest, "Hans") || strings.Contains(rest, "CN") {
			return hans()
		}
		return hant()
	case "ja":
		return japanese()
	default:
		return english()
	}
}

// traditional reports whether the script, or the region where none is given, is that of Traditional characters.
func traditional(subtags string) bool {
	for s := range strings.SplitSeq(subtags, "-") {
		switch strings.ToLower(s) {
		case "hans":
			return false
		case "hant", "tw", "hk", "mo":
			return true
		}
	}
	return false
}

func englishWarnings() warningWords {
	return warningWords{allergy: "allergy: ", dislikes: "dislikes: ", unknown: "allergies and dislikes are not known here: ask first"}
}

func english() *words {
	return &words{
		gone: "the catalogue no longer has this surprise: ask the manager what was promised", ownIdea: "An idea of our own",
		appointment: "Your appointment", adviser: "With", shelfTitle: "Surprise corner", shelfText: "Please help yourself. It is on the house.",
		careful: "Careful", customer: "For", role: "Who", slot: "Booked", pickup: "Pick-up", orderBy: "Order by", doBy: "Do by", order: "Order",
		trial: "Trial", code: "Code", heldBy: "Card with", items: "To choose from", wish: "Their wish", say: "Say", steps: "Do",
		avoid: "Do not", memories: "They remember", claim: "Claim", private: "Private", public: "Public", because: "Others may see it",
		open: "Open", alwaysOpen: "Always open", inside: "Inside", ask: "An allergy? Ask us what is in it.",
		colon: ": ", quote: [2]string{"“", "”"}, serial: "No. %d of %d", serialOf: "No. %d", lineHeight: 1.34, days: "%s–%s", trialTo: "%s, until %s",
		weekdays: [7]string{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"},
		day:      func(w *words, t time.Time) string { return w.weekdays[t.Weekday()] + t.Format(" 2 Jan ") },
	}
}

func hantWarnings() warningWords {
	return warningWords{allergy: "過敏：", dislikes: "不喜歡：", unknown: "這裡不知道客人的過敏和喜惡：請先詢問"}
}

func hant() *words {
	return &words{
		gone: "目錄裡已經沒有這項驚喜：請向店長確認答應了什麼", ownIdea: "我們自己的心意",
		appointment: "您的預約", adviser: "接待人員", shelfTitle: "驚喜角落", shelfText: "請隨意取用，這是我們的小小心意。",
		careful: "注意", customer: "客人", role: "由誰", slot: "預約時間", pickup: "取貨", orderBy: "最晚訂購", doBy: "完成期限", order: "訂單",
		trial: "試用", code: "兌換碼", heldBy: "負責人", items: "可挑選", wish: "客人的心願", say: "這樣說", steps: "這樣做",
		avoid: "請不要", memories: "客人記得", claim: "編號", private: "私下", public: "公開", because: "可以讓旁人看見",
		open: "開放時間", alwaysOpen: "隨時開放", inside: "裡面有", ask: "對食物過敏嗎？請先問問我們成分。",
		colon: "：", quote: [2]string{"「", "」"}, serial: "第 %d 號／共 %d 件", serialOf: "第 %d 號", lineHeight: 1.42, days: "%s至%s", trialTo: "%s，到 %s",
		weekdays: [7]string{"週日", "週一", "週二", "週三", "週四", "週五", "週六"},
		day:      dayCJK,
	}
}

func hansWarnings() warningWords {
	return warningWords{allergy: "过敏：", dislikes: "不喜欢：", unknown: "这里不知道客人的过敏和喜恶：请先询问"}
}

func hans() *words {
	return &words{
		gone: "目录里已经没有这项惊喜：请向店长确认答应了什么", ownIdea: "我们自己的心意",
		appointment: "您的预约", adviser: "接待人员", shelfTitle: "惊喜角落", shelfText: "请随意取用，这是我们的小小心意。",
		careful: "注意", customer: "客人", role: "由谁", slot: "预约时间", pickup: "取货", orderBy: "最晚订购", doBy: "完成期限", order: "订单",
		trial: "试用", code: "兑换码", heldBy: "负责人", items: "可挑选", wish: "客人的心愿", say: "这样说", steps: "这样做",
		avoid: "请不要", memories: "客人记得", claim: "编号", private: "私下", public: "公开", because: "可以让旁人看见",
		open: "开放时间", alwaysOpen: "随时开放", inside: "里面有", ask: "对食物过敏吗？请先问问我们成分。",
		colon: "：", quote: [2]string{"“", "”"}, serial: "第 %d 号／共 %d 件", serialOf: "第 %d 号", lineHeight: 1.42, days: "%s至%s", trialTo: "%s，到 %s",
		weekdays: [7]string{"周日", "周一", "周二", "周三", "周四", "周五", "周六"},
		day:      dayCJK,
	}
}

func japaneseWarnings() warningWords {
	return warningWords{allergy: "アレルギー：", dislikes: "苦手：", unknown: "アレルギーや苦手なものが分かりません。先にお尋ねください"}
}

func japanese() *words {
	return &words{
		gone: "このサプライズはカタログにもうありません。約束の内容を店長に確認してください", ownIdea: "スタッフの心づかい",
		appointment: "ご予約", adviser: "担当", shelfTitle: "サプライズコーナー", shelfText: "どうぞご自由にお取りください。ささやかな気持ちです。",
		careful: "注意", customer: "お客様", role: "担当", slot: "ご予約", pickup: "受け取り", orderBy: "手配期限", doBy: "期限", order: "注文",
		trial: "お試し", code: "コード", heldBy: "カード保持", items: "お選びいただくもの", wish: "お客様の願い", say: "お声がけ", steps: "手順",
		avoid: "しないこと", memories: "これまでの思い出", claim: "番号", private: "内緒で", public: "公開", because: "周りに見えてもよい",
		open: "ご利用時間", alwaysOpen: "いつでもどうぞ", inside: "なかみ", ask: "アレルギーのある方は、原材料をお尋ねください。",
		colon: "：", quote: [2]string{"「", "」"}, serial: "%[2]d 点中 %[1]d 番", serialOf: "%d 番", lineHeight: 1.42, days: "%s～%s", trialTo: "%s、%s まで",
		weekdays: [7]string{"日", "月", "火", "水", "木", "金", "土"},
		day:      dayCJK,
	}
}

func dayCJK(w *words, t time.Time) string {
	return fmt.Sprintf("%d月%d日(%s) ", int(t.Month()), t.Day(), strings.TrimLeft(w.weekdays[t.Weekday()], "週周"))
}
