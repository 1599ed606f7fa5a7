#include "stoa/areas/catalog.hpp"

#include "stoa/text.hpp"

namespace stoa {

std::string catalog_query::normalized() const {
  std::string out;
  out.reserve(64);
  // Each part ends with a control character, which no text of a query may hold: two filters never give one key.
  const auto text = [&](char name, std::string_view value) {
    if (value.empty()) return;
    out.push_back(name);
    out.append(value).push_back('\x1f');
  };
  const auto number = [&](char name, std::int64_t value) { text(name, std::to_string(value)); };
  text('c', ascii_lower(trim(category)));
  if (level) number('l', static_cast<int>(*level));
  if (min_price) number('a', *min_price);
  if (max_price) number('b', *max_price);
  if (rating_min) text('r', std::to_string(*rating_min));
  text('g', ascii_lower(trim(language)));
  std::string words;
  for (const char c : ascii_lower(search)) {
    const bool blank = c == ' ' || c == '\t' || c == '\n' || c == '\r';
    if (!blank)
      words.push_back(c);
    else if (!words.empty() && words.back() != ' ')
      words.push_back(' ');
  }
  text('s', trim(words));
  if (instructor) text('i', instructor->str());
  if (free) number('f', *free);
  if (bestseller) number('e', *bestseller);
  text('o', ordering);
  number('p', page);
  number('z', page_size);
  return out;
}

catalog::~catalog() = default;

}  // namespace stoa
