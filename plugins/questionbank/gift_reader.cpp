#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <utility>

#include "gift.hpp"
#include "stoa/text.hpp"

namespace stoa_plugin::questionbank {

using stoa::question_type;

namespace {

/// Characters that a backslash takes their meaning from. While a question is read each stands as one of the control
/// characters 1 to 8, which no text has.
constexpr std::string_view special = "~=#{}:\\n";

char hidden(char c) {
  const auto at = special.find(c);
  return at == special.npos ? '\0' : static_cast<char>(at + 1);
}

std::string shown(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c > 0 && c <= static_cast<char>(special.size()))
      out += c == static_cast<char>(special.size()) ? '\n' : special[static_cast<std::size_t>(c - 1)];
    else
      out += c;
  }
  return out;
}

/// Lines that were wrapped for reading, in one.
std::string in_one_line(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\n') {
      out += text[i];
      continue;
    }
    while (!out.empty() && (out.back() == ' ' || out.back() == '\t')) out.pop_back();
    while (i + 1 < text.size() && (text[i + 1] == ' ' || text[i + 1] == '\t' || text[i + 1] == '\n')) ++i;
    out += ' ';
  }
  return out;
}

/// Each line without the blanks around it.
std::string lines_trimmed(std::string_view text) {
  std::string out;
  while (true) {
    const auto end = text.find('\n');
    out += stoa::trim(text.substr(0, end));
    if (end == text.npos) return out;
    out += '\n';
    text.remove_prefix(end + 1);
  }
}

std::string_view without_blanks_before(std::string_view text) {
  return text.substr(std::min(text.find_first_not_of(" \t\n"), text.size()));
}

/// Takes `[html]` and the like away from the front; whether it was HTML.
bool take_format(std::string_view& text) {
  text = without_blanks_before(text);
  if (!text.starts_with('[')) return false;
  const auto end = text.find(']');
  if (end == text.npos) return false;
  const auto name = stoa::ascii_lower(text.substr(1, end - 1));
  if (name != "html" && name != "moodle" && name != "plain" && name != "markdown") return false;
  text.remove_prefix(end + 1);
  return name == "html";
}

/// An answer or feedback as it is shown.
std::string read_short(std::string_view text) {
  const bool html = take_format(text);
  auto out = shown(in_one_line(stoa::trim(text)));
  return html ? text_of_html(out) : out;
}

/// A question's lines, joined, with the number of each byte's line.
struct block {
  std::string text;
  std::vector<std::size_t> lines;
  std::vector<std::string> tags;
  int points = 1;

  bool empty() const { return text.empty(); }
  std::size_t first_line() const { return lines.empty() ? 1 : lines.front(); }
  std::size_t line_of(std::size_t at) const { return lines.empty() ? 1 : lines[std::min(at, lines.size() - 1)]; }
  std::size_t line_of(std::string_view part) const {
    return line_of(static_cast<std::size_t>(part.data() - text.data()));
  }

  void add(std::string_view line, std::size_t number) {
    if (!text.empty()) put('\n', number);
    for (std::size_t i = 0; i < line.size(); ++i) {
      const char escaped = line[i] == '\\' && i + 1 < line.size() ? hidden(line[i + 1]) : '\0';
      if (escaped) {
        put(escaped, number);
        ++i;
      } else {
        put(line[i], number);
      }
    }
  }

 private:
  void put(char c, std::size_t number) {
    text += c;
    lines.push_back(number);
  }
};

/// One of the answers between the braces.
struct answer {
  char sign = '=';
  std::optional<double> weight;
  std::string text;
  std::string feedback;
  std::size_t line = 1;
  bool arrow = false;

  bool right() const { return sign == '=' && (!weight || *weight >= 100); }
  bool in_part() const { return weight && *weight > 0 && !right(); }
};

std::optional<double> number_in(std::string_view text) {
  double n = 0;
  const auto end = text.data() + text.size();
  if (text.starts_with('+')) text.remove_prefix(1);
  const auto read = std::from_chars(text.data(), end, n);
  if (text.empty() || read.ec != std::errc() || read.ptr != end || !std::isfinite(n)) return std::nullopt;
  return n;
}

class gift_reader {
 public:
  reading read(std::string_view text) {
    if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
    std::size_t number = 0;
    while (!text.empty()) {
      ++number;
      const auto end = text.find('\n');
      auto line = text.substr(0, end);
      text.remove_prefix(end == text.npos ? text.size() : end + 1);
      if (line.ends_with('\r')) line.remove_suffix(1);
      if (!sound(line, number)) continue;
      take_line(line, number);
    }
    finish();
    return std::move(out_);
  }

 private:
  bool sound(std::string_view line, std::size_t number) {
    if (!stoa::valid_utf8(line)) return out_.problem(number, "This line is not valid UTF-8."), false;
    // Tabs are blanks here.
    if (std::any_of(line.begin(), line.end(), [](char c) { return (c >= 0 && c < 0x20 && c != '\t') || c == 0x7f; }))
      return out_.problem(number, "There is a control character in this line."), false;
    return true;
  }

  void take_line(std::string_view line, std::size_t number) {
    const auto content = stoa::trim(line);
    if (content.empty()) {
      finish();
      now_ = {};
    } else if (content.starts_with("//")) {
      read_comment(content, number);
    } else if (now_.empty() && content.starts_with("$CATEGORY:")) {
      const auto path = stoa::trim(content.substr(10));
      const auto last = path.rfind('/');
      category_ = std::string(stoa::trim(last == path.npos ? path : path.substr(last + 1)));
      if (category_ == "top" || category_.starts_with('$')) category_.clear();
    } else {
      now_.add(content, number);
    }
  }

  /// `// [tag:algebra] [points:2]`
  void read_comment(std::string_view text, std::size_t number) {
    for (auto at = text.find('['); at != text.npos; at = text.find('[', at + 1)) {
      const auto inner = text.substr(at + 1);
      std::string value;
      std::size_t end = 0;
      for (; end < inner.size() && inner[end] != ']'; ++end) {
        if (inner[end] == '\\' && end + 1 < inner.size()) ++end;
        value += inner[end];
      }
      if (end == inner.size()) return;
      at += end;
      if (value.starts_with("tag:")) {
        const auto tag = std::string(stoa::trim(std::string_view(value).substr(4)));
        if (!tag.empty()) now_.tags.push_back(tag);
      } else if (value.starts_with("points:")) {
        const auto points = number_in(stoa::trim(std::string_view(value).substr(7)));
        if (!points || *points != std::floor(*points) || *points < 1 || *points > stoa::quiz_limits::points)
          out_.problem(number,
                       "These points are no whole number from 1 to " + std::to_string(stoa::quiz_limits::points) + ".");
        else
          now_.points = static_cast<int>(*points);
      }
    }
  }

  void finish() {
    if (now_.empty()) return;
    block b = std::exchange(now_, {});
    std::string_view text = b.text;
    if (text.starts_with("::")) {
      const auto end = text.find("::", 2);
      if (end == text.npos) return out_.problem(b.first_line(), "The name of this question is not ended by `::`.");
      text.remove_prefix(end + 2);
    }
    const auto open = text.find('{'), close = text.find('}');
    if (close != text.npos && (open == text.npos || close < open))
      return out_.problem(b.line_of(text.substr(close)), "`}` without a `{` before it. In a text it is written `\\}`.");
    if (open == text.npos) {
      if (stoa::trim(text).empty()) return out_.problem(b.first_line(), "There is a name, and no question.");
      return out_.leave_out(b.first_line(), "A text without a question.");
    }
    if (close == text.npos)
      return out_.problem(b.line_of(text.substr(open)), "`{` without a `}` before the next empty line.");
    const auto answers = text.substr(open + 1, close - open - 1), behind = text.substr(close + 1);
    if (const auto second = answers.find('{'); second != answers.npos)
      return out_.problem(b.line_of(answers.substr(second)), "`{` inside of answers. In a text it is written `\\{`.");
    if (const auto second = behind.find('{'); second != behind.npos)
      return out_.leave_out(b.line_of(behind.substr(second)), "A question with more than one gap.");
    if (const auto stray = behind.find('}'); stray != behind.npos)
      return out_.problem(b.line_of(behind.substr(stray)), "`}` without a `{` before it.");

    written_question q;
    std::string_view front = text.substr(0, open);
    const bool html = take_format(front);
    std::string whole(front);
    // A gap within a sentence; behind it may be no more than blanks.
    if (!stoa::trim(behind).empty()) (whole += "_____") += behind;
    whole = shown(lines_trimmed(stoa::trim(whole)));
    q.text = html ? text_of_html(whole) : whole;
    q.points = b.points;
    q.tags = b.tags;
    if (!category_.empty() && std::find(q.tags.begin(), q.tags.end(), category_) == q.tags.end())
      q.tags.push_back(category_);
    read_answers(b, answers, std::move(q));
  }

  void read_answers(const block& b, std::string_view text, written_question q) {
    const auto line = b.first_line();
    if (const auto general = text.find("####"); general != text.npos) {
      q.explanation = read_general(text.substr(general + 4));
      text = text.substr(0, general);
    }
    text = stoa::trim(text);
    if (text.empty()) return out_.leave_out(line, "An essay, which nobody grades here.");
    if (text.front() == '#') return read_number(line, text.substr(1), std::move(q));
    const auto hash = text.find('#');
    const auto word = stoa::ascii_lower(stoa::trim(text.substr(0, hash)));
    if (word == "t" || word == "true" || word == "f" || word == "false") {
      q.type = question_type::true_false;
      q.correct = {word.front() == 't' ? "true" : "false"};
      if (q.explanation.empty() && hash != text.npos) {
        const auto feedback = text.substr(hash + 1);
        const auto other = feedback.find('#');
        q.explanation = read_short(feedback.substr(0, other));
        if (q.explanation.empty() && other != feedback.npos) q.explanation = read_short(feedback.substr(other + 1));
      }
      return out_.take(line, std::move(q));
    }
    if (text.front() != '=' && text.front() != '~')
      return out_.problem(b.line_of(text), "An answer begins with `=` or `~`.");
    std::vector<answer> all;
    while (!text.empty()) {
      const auto end = std::min(text.find_first_of("=~", 1), text.size());
      auto one = read_answer(b, text.substr(0, end));
      if (!one) return;
      all.push_back(std::move(*one));
      text.remove_prefix(end);
    }
    if (std::all_of(all.begin(), all.end(), [](const answer& a) { return a.sign == '='; }))
      read_accepted(line, all, std::move(q));
    else
      read_choices(line, all, std::move(q));
  }

  /// Explanations keep their lines.
  static std::string read_general(std::string_view text) {
    const bool html = take_format(text);
    auto out = shown(lines_trimmed(stoa::trim(text)));
    return html ? text_of_html(out) : out;
  }

  std::optional<answer> read_answer(const block& b, std::string_view text) {
    answer a;
    a.sign = text.front();
    a.line = b.line_of(text);
    text = stoa::trim(text.substr(1));
    if (text.starts_with('%')) {
      const auto end = text.find('%', 1);
      if (end != text.npos) {
        a.weight = number_in(text.substr(1, end - 1));
        if (!a.weight || *a.weight < -100 || *a.weight > 100) {
          out_.problem(a.line, "A weight is a number from -100 to 100 between two `%`.");
          return std::nullopt;
        }
        text.remove_prefix(end + 1);
      }
    }
    const auto hash = text.find('#');
    a.arrow = !a.weight && text.substr(0, hash).find("->") != text.npos;
    a.text = read_short(text.substr(0, hash));
    if (hash != text.npos) a.feedback = read_short(text.substr(hash + 1));
    if (a.text.empty() && !a.arrow) {
      out_.problem(a.line, "There is an answer without a text.");
      return std::nullopt;
    }
    return a;
  }

  void read_accepted(std::size_t line, const std::vector<answer>& all, written_question q) {
    if (std::any_of(all.begin(), all.end(), [](const answer& a) { return a.arrow; }))
      return out_.leave_out(line, "Pairs that are to be matched.");
    q.type = question_type::short_answer;
    for (const auto& a : all) {
      if (!a.right() || a.text == "*") {
        if (!a.weight || *a.weight > 0) out_.leave_out(a.line, "An answer that is worth a part of the points.");
        continue;
      }
      if (std::find(q.correct.begin(), q.correct.end(), a.text) == q.correct.end()) q.correct.push_back(a.text);
      if (q.explanation.empty()) q.explanation = a.feedback;
    }
    if (q.correct.empty()) return out_.problem(line, "None of the answers is right.");
    out_.take(line, std::move(q));
  }

  void read_choices(std::size_t line, const std::vector<answer>& all, written_question q) {
    const auto marked = std::count_if(all.begin(), all.end(), [](const answer& a) { return a.sign == '='; });
    if (marked > 1) return out_.leave_out(line, "A choice of one among several that are right.");
    // Without a `=` the weights say which ones are right together.
    q.type = marked == 1 ? question_type::multiple_choice : question_type::multiple_select;
    for (const auto& a : all) {
      q.options.push_back(a.text);
      const bool right = marked == 1 ? a.sign == '=' : a.weight && *a.weight > 0;
      if (right) {
        q.correct.push_back(a.text);
        if (q.explanation.empty()) q.explanation = a.feedback;
      } else if (a.in_part()) {
        out_.leave_out(a.line, "What a wrong choice is worth in part.");
      }
    }
    if (q.correct.empty()) return out_.problem(line, "None of the choices is right.");
    out_.take(line, std::move(q));
  }

  /// `#1822`, `#1822:0`; what has a tolerance, a range or several answers is graded by nobody here.
  void read_number(std::size_t line, std::string_view text, written_question q) {
    text = stoa::trim(text);
    if (text.starts_with('=')) text = stoa::trim(text.substr(1));
    const auto hash = text.find('#');
    auto number = stoa::trim(text.substr(0, hash));
    if (text.find_first_of("=~") != text.npos || number.find("..") != number.npos)
      return out_.leave_out(line, "A number in a range, or of several.");
    if (q.explanation.empty() && hash != text.npos) q.explanation = read_short(text.substr(hash + 1));
    if (const auto colon = number.find(':'); colon != number.npos) {
      const auto tolerance = number_in(stoa::trim(number.substr(colon + 1)));
      if (!tolerance) return out_.problem(line, "A tolerance is a number.");
      if (*tolerance != 0) return out_.leave_out(line, "A number with a tolerance.");
      number = stoa::trim(number.substr(0, colon));
    }
    if (!number_in(number)) return out_.problem(line, "What stands behind `#` is no number.");
    q.type = question_type::short_answer;
    q.correct = {std::string(number)};
    out_.take(line, std::move(q));
  }

  reading out_;
  block now_;
  std::string category_;
};

}  // namespace

reading read_gift(std::string_view text) {
  if (text.size() > reading_limits::bytes) {
    reading out;
    out.problem(1, "The file is larger than " + std::to_string(reading_limits::bytes >> 20) + " MiB.");
    return out;
  }
  return gift_reader().read(text);
}

}  // namespace stoa_plugin::questionbank
