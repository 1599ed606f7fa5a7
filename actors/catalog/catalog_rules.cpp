#include "actors/catalog/catalog_rules.hpp"

#include <algorithm>

#include "runtime/security/collation.hpp"
#include "stoa/text.hpp"

namespace stoa::actors::catalog_rules {

const std::vector<sort_key>& sort_keys() {
  static const std::vector<sort_key> keys{
      {{"published_at", "newest"}},
      {{"title", "name"}},
      {{"price"}},
      {{"rating", "average_rating"}},
      {{"students", "student_count", "enrollment_count", "popularity"}},
      {{"review_count", "rating_count", "reviews"}},
      {{"created_at", "created"}},
      {{"updated_at", "last_updated"}},
      {{"duration", "duration_hours"}},
  };
  return keys;
}

result<sort_order> read_ordering(std::string_view ordering) {
  sort_order out;
  if (ordering.empty()) return out;
  out.descending = ordering.front() == '-';
  if (out.descending) ordering.remove_prefix(1);
  const auto& keys = sort_keys();
  for (std::size_t i = 0; i < keys.size(); ++i) {
    if (std::find(keys[i].names.begin(), keys[i].names.end(), ordering) == keys[i].names.end()) continue;
    out.key = i;
    return out;
  }
  std::string all;
  for (const auto& k : keys) all += (all.empty() ? "" : ", ") + k.names.front();
  auto f = fault::field("ordering", "Must be one of: " + all + ", with a leading '-' for the other direction.");
  f.code = "INVALID_ORDERING";
  return f;
}

namespace {

std::vector<std::string> words_of(std::string_view search) {
  std::vector<std::string> words;
  std::string word;
  const auto end_word = [&] {
    // More words than anybody types would only be work for the database.
    if (!word.empty() && words.size() < 12) words.push_back(std::move(word));
    word.clear();
  };
  for (const char c : search) {
    if (c == ' ' || c == '\t' || c == '\n' || c == '\r')
      end_word();
    else if (c != '\'' && c != '\\')
      word.push_back(c);
  }
  end_word();
  return words;
}

}  // namespace

std::string tsquery_of(std::string_view search) {
  std::string out;
  for (const auto& word : words_of(search)) {
    if (!out.empty()) out += " & ";
    out.append("'").append(word).append("':*");
  }
  return out;
}

std::vector<std::string> parts_of(std::string_view search) {
  std::vector<std::string> parts;
  std::string together;
  for (auto& word : words_of(ascii_lower(search))) {
    // A sign alone is no word: among others the database passes over it, alone it would be found nowhere.
    const bool is_word =
        std::any_of(word.begin(), word.end(), [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); });
    if (is_word && word.size() <= 2) {
      if (std::find(parts.begin(), parts.end(), word) == parts.end()) parts.push_back(std::move(word));
    } else {
      together += (together.empty() ? "" : " ") + word;
    }
  }
  if (!together.empty()) parts.push_back(std::move(together));
  return parts;
}

result<catalog_query> admit(catalog_query q) {
  auto order = read_ordering(q.ordering);
  if (!order) return std::move(order).refusal();
  const bool asked = !q.ordering.empty();
  q.ordering = (order->descending ? "-" : "") + sort_keys()[order->key].names.front();
  q.page = std::clamp(q.page, 1, 10'000'000);
  q.page_size = std::clamp(q.page_size, 1, 100);
  q.category = std::string(trim(q.category));
  q.language = std::string(trim(q.language));
  q.search = std::string(trim(q.search));
  if (!asked && !q.search.empty()) q.ordering.clear();
  if (q.search.size() > 200) return fault::field("search", "Use at most 200 characters.");
  if (q.category.size() > 200) return fault::field("category", "Use at most 200 characters.");
  if (q.language.size() > 100) return fault::field("language", "Use at most 100 characters.");
  for (const auto* text : {&q.search, &q.category, &q.language})
    if (!valid_utf8(*text) || has_control(*text))
      return fault::field("search", "This value contains characters that are not allowed.");
  return q;
}

const category* find_category(const std::vector<category>& all, std::string_view wanted) {
  const auto key = ascii_lower(trim(wanted));
  const auto name = runtime::identity_key(trim(wanted));
  // One's name may be what another's slug was made of.
  for (const auto& c : all)
    if (c.id.str() == key || runtime::identity_key(c.name) == name) return &c;
  for (const auto& c : all)
    if (c.slug == key) return &c;
  return nullptr;
}

}  // namespace stoa::actors::catalog_rules
