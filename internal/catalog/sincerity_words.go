package catalog

import (
	_ "embed" // for sincerityText
	"strings"
)

//go:embed sincerity.txt
var sincerityText string

// sincerityWords are the lists of sincerity.txt by their headings, each phrase in the form of foldText.
type sincerityWords map[string][]string

func builtInSincerity() sincerityWords {
	out := sincerityWords{}
	heading := ""
	for line := range strings.Lines(sincerityText) {
		line = strings.TrimSpace(line)
		switch {
		case line == "" || strings.HasPrefix(line, "# "):
		case strings.HasPrefix(line, "= "):
			heading = line[2:]
		default:
			for phrase := range strings.SplitSeq(line, "|") {
				out[heading] = append(out[heading], expandDays(strings.TrimSpace(phrase))...)
			}
		}
	}
	for _, phrases := range out {
		for i, p := range phrases {
			phrases[i] = foldText(p).text
		}
	}
	return out
}

// expandDays returns a phrase for every day of the week that it may name.
func expandDays(phrase string) []string {
	for _, days := range [][]string{
		{"@en", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"},
		{"@zh", "一", "二", "三", "四", "五", "六", "日", "天", "末"},
		{"@ja", "月", "火", "水", "木", "金", "土", "日"},
	} {
		if !strings.Contains(phrase, days[0]) {
			continue
		}
		out := make([]string, len(days)-1)
		for i, d := range days[1:] {
			out[i] = strings.Replace(phrase, days[0], d, 1)
		}
		return out
	}
	return []string{phrase}
}
