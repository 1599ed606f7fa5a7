#include <cstdio>

#include "gift.hpp"

namespace stoa_plugin::questionbank {

using stoa::question_type;

namespace {

std::string escaped(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c == '\n') {
      out += "\\n";
      continue;
    }
    if (c == '~' || c == '=' || c == '#' || c == '{' || c == '}' || c == ':' || c == '\\') out += '\\';
    out += c;
  }
  return out;
}

/// An answer whose beginning would be taken for a weight or a format says what it is first.
std::string answer(char sign, const std::string& weight, const std::string& text) {
  std::string out = "\t";
  out += sign;
  out += weight;
  if (weight.empty() && text.starts_with('%')) out += sign == '=' ? "%100%" : "%0%";
  if (text.starts_with('[')) out += "[plain]";
  return out + escaped(text) + "\n";
}

bool is_right(const written_question& q, const std::string& option) {
  for (const auto& c : q.correct)
    if (c == option) return true;
  return false;
}

/// `%33.33333%`
std::string part_of(std::size_t n, bool right) {
  char text[32];
  std::snprintf(text, sizeof text, "%s%.5f", right ? "" : "-", 100.0 / static_cast<double>(n));
  std::string out = text;
  while (out.ends_with('0')) out.pop_back();
  if (out.ends_with('.')) out.pop_back();
  return "%" + out + "%";
}

std::string answers_of(const written_question& q) {
  std::string out;
  switch (q.type) {
    case question_type::true_false:
      return q.correct.front() == "true" ? "TRUE" : "FALSE";
    case question_type::short_answer:
      // The weight says that an arrow within is no pair to be matched.
      for (const auto& c : q.correct) out += answer('=', c.find("->") == c.npos ? "" : "%100%", c);
      break;
    case question_type::multiple_choice:
      for (const auto& o : q.options) out += answer(is_right(q, o) ? '=' : '~', "", o);
      break;
    case question_type::multiple_select:
      for (const auto& o : q.options) out += answer('~', part_of(q.correct.size(), is_right(q, o)), o);
      break;
  }
  return "\n" + out;
}

}  // namespace

std::string write_gift(const std::vector<written_question>& questions) {
  std::string out;
  for (const auto& q : questions) {
    std::string comment;
    for (const auto& t : q.tags) {
      std::string tag;
      for (const char c : t) {
        if (c == ']' || c == '\\') tag += '\\';
        tag += c == '\n' ? ' ' : c;
      }
      comment += " [tag:" + tag + "]";
    }
    if (q.points != 1) comment += " [points:" + std::to_string(q.points) + "]";
    if (!comment.empty()) out += "//" + comment + "\n";
    out += "[plain]" + escaped(q.text) + "{" + answers_of(q);
    if (!q.explanation.empty()) {
      if (q.type == question_type::true_false) out += "\n";
      out += "####[plain]" + escaped(q.explanation) + "\n";
    }
    out += "}\n\n";
  }
  return out;
}

}  // namespace stoa_plugin::questionbank
