// Lists of words in one text, a blank between them.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

namespace stoa {

/// `a b c`. The words hold no blanks, or `words_of` tells other ones.
inline std::string joined_words(const std::vector<std::string>& words) {
  std::string out;
  for (const auto& w : words) out.append(out.empty() ? "" : " ").append(w);
  return out;
}

/// What stands between blanks, in order; never an empty word.
inline std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> out;
  while (!text.empty()) {
    const auto end = std::min(text.find(' '), text.size());
    if (end > 0) out.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
}

}  // namespace stoa
