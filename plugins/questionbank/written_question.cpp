#include "written_question.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cstdint>
#include <utility>

#include "stoa/text.hpp"

namespace stoa_plugin::questionbank {

using stoa::fault;
using stoa::question_type;
using stoa::result;
using limits = stoa::quiz_limits;

namespace {

void note(std::vector<reading_note>& among, std::size_t line, std::string message) {
  if (among.size() < reading_limits::notes) among.push_back({"", line, std::move(message)});
}

void trim_text(std::string& text) {
  std::erase(text, '\r');
  text = std::string(stoa::trim(text));
}

bool chosen_from(question_type t) { return t == question_type::multiple_choice || t == question_type::multiple_select; }

bool distinct(std::vector<std::string> texts) {
  std::sort(texts.begin(), texts.end());
  return std::adjacent_find(texts.begin(), texts.end()) == texts.end();
}

fault wrong(const char* field, std::string why) { return fault::field(field, std::move(why)); }

std::optional<fault> wrong_text(const char* field, const std::string& text, std::size_t most) {
  if (!stoa::valid_utf8(text)) return wrong(field, "This is not valid UTF-8.");
  if (stoa::has_control(text, true)) return wrong(field, "Control characters are not allowed here.");
  if (stoa::code_points(text) > most) return wrong(field, "Use at most " + std::to_string(most) + " characters.");
  return std::nullopt;
}

std::optional<fault> wrong_list(const char* field, std::vector<std::string>& texts, std::size_t most_items,
                                std::size_t most_characters) {
  if (texts.size() > most_items) return wrong(field, "Use at most " + std::to_string(most_items) + ".");
  for (auto& t : texts) {
    trim_text(t);
    if (!stoa::shows_something(t)) return wrong(field, "None of these may be blank.");
    if (auto bad = wrong_text(field, t, most_characters)) return bad;
  }
  if (!distinct(texts)) return wrong(field, "Two of these are the same.");
  return std::nullopt;
}

/// Appends a code point in UTF-8; nothing where there is no such one.
void append_code_point(std::string& out, std::uint32_t c) {
  if (c == 0 || c > 0x10FFFF || (c >= 0xD800 && c < 0xE000)) return;
  if (c < 0x80) {
    out += static_cast<char>(c);
  } else if (c < 0x800) {
    out += static_cast<char>(0xC0 | c >> 6);
    out += static_cast<char>(0x80 | (c & 63));
  } else if (c < 0x10000) {
    out += static_cast<char>(0xE0 | c >> 12);
    out += static_cast<char>(0x80 | (c >> 6 & 63));
    out += static_cast<char>(0x80 | (c & 63));
  } else {
    out += static_cast<char>(0xF0 | c >> 18);
    out += static_cast<char>(0x80 | (c >> 12 & 63));
    out += static_cast<char>(0x80 | (c >> 6 & 63));
    out += static_cast<char>(0x80 | (c & 63));
  }
}

/// What `&name;` stands for; false where it is none, and the `&` is a `&`.
bool append_entity(std::string& out, std::string_view name) {
  static constexpr std::array<std::pair<std::string_view, std::uint32_t>, 14> named{{{"lt", '<'},
                                                                                     {"gt", '>'},
                                                                                     {"amp", '&'},
                                                                                     {"quot", '"'},
                                                                                     {"apos", '\''},
                                                                                     {"nbsp", ' '},
                                                                                     {"ndash", 0x2013},
                                                                                     {"mdash", 0x2014},
                                                                                     {"hellip", 0x2026},
                                                                                     {"lsquo", 0x2018},
                                                                                     {"rsquo", 0x2019},
                                                                                     {"ldquo", 0x201C},
                                                                                     {"rdquo", 0x201D},
                                                                                     {"deg", 0xB0}}};
  if (name.starts_with('#')) {
    name.remove_prefix(1);
    const bool hexadecimal = name.starts_with('x') || name.starts_with('X');
    if (hexadecimal) name.remove_prefix(1);
    std::uint32_t c = 0;
    const auto end = name.data() + name.size();
    const auto read = std::from_chars(name.data(), end, c, hexadecimal ? 16 : 10);
    if (name.empty() || read.ec != std::errc() || read.ptr != end) return false;
    append_code_point(out, c);
    return true;
  }
  for (const auto& [known, c] : named)
    if (known == name) return append_code_point(out, c), true;
  return false;
}

bool breaks_line(std::string_view tag) {
  static constexpr std::array<std::string_view, 12> all{"br", "p",  "div", "li", "ul", "ol",
                                                        "tr", "h1", "h2",  "h3", "h4", "blockquote"};
  return std::find(all.begin(), all.end(), tag) != all.end();
}

}  // namespace

void reading::problem(std::size_t line, std::string message) { note(problems, line, std::move(message)); }
void reading::leave_out(std::size_t line, std::string message) { note(left_out, line, std::move(message)); }

void reading::take(std::size_t line, written_question q) {
  auto good = well_formed(std::move(q));
  if (!good) {
    const auto& bad = good.refusal().fields.front();
    return problem(line, bad.field + ": " + bad.message);
  }
  if (questions.size() == reading_limits::questions)
    return problem(line, "There are more than " + std::to_string(reading_limits::questions) + " questions.");
  if (questions.size() < reading_limits::questions) questions.push_back(std::move(good).value());
}

result<written_question> well_formed(written_question q) {
  trim_text(q.text);
  trim_text(q.explanation);
  if (!stoa::shows_something(q.text)) return wrong("question_text", "This field is required.");
  if (auto bad = wrong_text("question_text", q.text, limits::question_text)) return *bad;
  if (auto bad = wrong_text("explanation", q.explanation, limits::explanation)) return *bad;
  if (auto bad = wrong_list("options", q.options, limits::options, limits::option)) return *bad;
  if (auto bad = wrong_list("correct_answer", q.correct, limits::options, limits::option)) return *bad;
  if (auto bad = wrong_list("tags", q.tags, limits::tags, limits::tag)) return *bad;
  if (q.points < 1 || q.points > limits::points)
    return wrong("points", "Use a number from 1 to " + std::to_string(limits::points) + ".");
  if (q.correct.empty()) return wrong("correct_answer", "Say what is right.");
  if (chosen_from(q.type)) {
    if (q.options.size() < 2) return wrong("options", "Give at least two options.");
    for (const auto& c : q.correct)
      if (std::find(q.options.begin(), q.options.end(), c) == q.options.end())
        return wrong("correct_answer", "This is none of the options.");
  } else {
    q.options.clear();
  }
  if (q.type == question_type::true_false) {
    for (auto& c : q.correct) c = stoa::ascii_lower(c);
    if (q.correct.front() != "true" && q.correct.front() != "false")
      return wrong("correct_answer", "This is either true or false.");
  }
  if ((q.type == question_type::multiple_choice || q.type == question_type::true_false) && q.correct.size() != 1)
    return wrong("correct_answer", "One answer is right.");
  // In the order of the options, whichever was named first.
  if (q.type == question_type::multiple_select) {
    std::vector<std::string> sorted;
    for (const auto& o : q.options)
      if (std::find(q.correct.begin(), q.correct.end(), o) != q.correct.end()) sorted.push_back(o);
    q.correct = std::move(sorted);
  }
  return q;
}

std::string text_of_html(std::string_view html) {
  std::string out;
  for (std::size_t i = 0; i < html.size();) {
    const char c = html[i];
    if (c == '<' && i + 1 < html.size() &&
        (html[i + 1] == '/' || html[i + 1] == '!' || std::isalpha(static_cast<unsigned char>(html[i + 1])))) {
      const auto end = html.find('>', i);
      if (end == html.npos) break;
      auto name = html.substr(i + 1, end - i - 1);
      if (name.starts_with('/')) name.remove_prefix(1);
      const auto stop = name.find_first_of(" \t\n/");
      if (breaks_line(stoa::ascii_lower(name.substr(0, stop))) && !out.empty() && out.back() != '\n') out += '\n';
      i = end + 1;
    } else if (c == '&') {
      const auto end = html.substr(0, std::min(html.size(), i + 12)).find(';', i);
      if (end != html.npos && append_entity(out, html.substr(i + 1, end - i - 1))) {
        i = end + 1;
      } else {
        out += c;
        ++i;
      }
    } else {
      out += c;
      ++i;
    }
  }
  return std::string(stoa::trim(out));
}

std::size_t line_at(std::string_view text, std::size_t offset) {
  return 1 + static_cast<std::size_t>(std::count(
                 text.begin(), text.begin() + static_cast<std::ptrdiff_t>(std::min(offset, text.size())), '\n'));
}

}  // namespace stoa_plugin::questionbank
