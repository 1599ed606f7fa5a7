#include "runtime/store/sql_text.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <vector>

namespace stoa::runtime {

namespace {

enum class piece_kind { space, comment, quoted, dollar, word, sign };

struct piece {
  piece_kind kind;
  std::string_view text;
};

bool word_character(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '$'; }
bool begins_word(char c) { return std::isalpha(static_cast<unsigned char>(c)) != 0 || c == '_'; }

/// Up to and with the closing quote; one that is doubled, or behind a backslash where those count, closes nothing.
std::size_t quoted_end(std::string_view sql, std::size_t from, char quote, bool backslashes) {
  for (std::size_t i = from + 1; i < sql.size(); ++i) {
    if (backslashes && sql[i] == '\\') {
      ++i;
    } else if (sql[i] == quote) {
      if (i + 1 == sql.size() || sql[i + 1] != quote) return i + 1;
      ++i;
    }
  }
  return sql.size();
}

std::size_t comment_end(std::string_view sql, std::size_t from) {
  if (sql[from] == '-') return std::min(sql.find('\n', from), sql.size());
  std::size_t depth = 0;
  for (std::size_t i = from; i + 1 < sql.size(); ++i) {
    if (sql.substr(i, 2) == "/*") {
      ++depth;
      ++i;
    } else if (sql.substr(i, 2) == "*/") {
      ++i;
      if (--depth == 0) return i + 1;
    }
  }
  return sql.size();
}

/// `$tag$`; empty where none begins here.
std::string_view dollar_tag(std::string_view sql, std::size_t from) {
  std::size_t end = from + 1;
  while (end < sql.size() && sql[end] != '$' && word_character(sql[end])) ++end;
  const bool closed = end < sql.size() && sql[end] == '$';
  const bool named = end == from + 1 || begins_word(sql[from + 1]);
  return closed && named ? sql.substr(from, end + 1 - from) : std::string_view();
}

std::vector<piece> pieces_of(std::string_view sql) {
  std::vector<piece> all;
  std::size_t at = 0;
  const auto take = [&](piece_kind kind, std::size_t end) {
    all.push_back({kind, sql.substr(at, end - at)});
    at = end;
  };
  while (at < sql.size()) {
    const char c = sql[at];
    const auto two = sql.substr(at, 2);
    if (std::isspace(static_cast<unsigned char>(c)) != 0) {
      take(piece_kind::space, at + 1);
    } else if (two == "--" || two == "/*") {
      take(piece_kind::comment, comment_end(sql, at));
    } else if (c == '\'' || c == '"') {
      take(piece_kind::quoted, quoted_end(sql, at, c, false));
    } else if ((c == 'e' || c == 'E') && two.size() == 2 && two[1] == '\'') {
      take(piece_kind::quoted, quoted_end(sql, at + 1, '\'', true));
    } else if (const auto tag = c == '$' ? dollar_tag(sql, at) : std::string_view(); !tag.empty()) {
      const auto close = sql.find(tag, at + tag.size());
      take(piece_kind::dollar, close == sql.npos ? sql.size() : close + tag.size());
    } else if (begins_word(c)) {
      std::size_t end = at + 1;
      while (end < sql.size() && word_character(sql[end])) ++end;
      take(piece_kind::word, end);
    } else {
      take(piece_kind::sign, two == "::" ? at + 2 : at + 1);
    }
  }
  return all;
}

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), [](unsigned char c) { return std::tolower(c); });
  return out;
}

template <std::size_t N>
bool among(const std::array<std::string_view, N>& all, std::string_view one) {
  return std::find(all.begin(), all.end(), one) != all.end();
}

/// Behind these a statement begins. `update t set role = ...` is no change of role.
constexpr std::array<std::string_view, 6> before_statements{"", ";", "begin", "then", "else", "loop"};

}  // namespace

bool changes_role(std::string_view script) {
  std::vector<std::string> words{""};
  for (const auto& p : pieces_of(script)) {
    if (p.kind == piece_kind::dollar) {
      const auto tag = dollar_tag(p.text, 0).size();
      if (p.text.size() >= 2 * tag && changes_role(p.text.substr(tag, p.text.size() - 2 * tag))) return true;
    }
    if (p.kind != piece_kind::space && p.kind != piece_kind::comment) words.push_back(lower(p.text));
  }
  const auto word = [&](std::size_t i) { return i < words.size() ? std::string_view(words[i]) : std::string_view(); };
  for (std::size_t i = 1; i < words.size(); ++i) {
    if (word(i) == "set_config" && word(i + 1) == "(" &&
        (word(i + 2) == "'role'" || word(i + 2) == "'session_authorization'"))
      return true;
    if ((word(i) != "set" && word(i) != "reset") || !among(before_statements, word(i - 1))) continue;
    const bool scoped = word(i + 1) == "local" || word(i + 1) == "session";
    const auto what = word(scoped ? i + 2 : i + 1);
    if (what == "role" || what == "authorization" || what == "session_authorization" ||
        (what == "session" && word(i + 3) == "authorization"))
      return true;
  }
  return false;
}

std::string numbered_placeholders(std::string_view sql) {
  std::string out;
  const auto all = pieces_of(sql);
  for (std::size_t i = 0; i < all.size(); ++i) {
    const bool placeholder = all[i].text == ":" && i + 1 < all.size() && all[i + 1].kind == piece_kind::word &&
                             all[i + 1].text.size() > 1 && all[i + 1].text[0] == 'p' &&
                             std::all_of(all[i + 1].text.begin() + 1, all[i + 1].text.end(),
                                         [](unsigned char c) { return std::isdigit(c) != 0; });
    if (!placeholder) {
      out += all[i].text;
      continue;
    }
    out += "$" + std::string(all[++i].text.substr(1));
  }
  return out;
}

}  // namespace stoa::runtime
