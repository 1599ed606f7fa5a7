#include "stoa/http_text.hpp"

#include <algorithm>
#include <ctime>

namespace stoa::http {

std::string http_date(timestamp at) {
  const std::time_t t = std::chrono::floor<seconds>(at).time_since_epoch().count();
  std::tm parts{};
  gmtime_r(&t, &parts);
  char buffer[40];
  return {buffer, std::strftime(buffer, sizeof buffer, "%a, %d %b %Y %H:%M:%S GMT", &parts)};
}

std::optional<timestamp> parse_http_date(std::string_view text) {
  std::tm parts{};
  const std::string copy(text);
  const char* end = strptime(copy.c_str(), "%a, %d %b %Y %H:%M:%S GMT", &parts);
  if (!end || *end) return std::nullopt;
  return timestamp{seconds{timegm(&parts)}};
}

std::string percent_encoded(std::string_view text, std::string_view kept) {
  constexpr char hex[] = "0123456789ABCDEF";
  const auto stays = [kept](char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '-' || c == '.' ||
           c == '_' || c == '~' || kept.find(c) != kept.npos;
  };
  if (std::all_of(text.begin(), text.end(), stays)) return std::string(text);
  std::string out;
  out.reserve(text.size() + 8);
  for (const char c : text) {
    const auto u = static_cast<unsigned char>(c);
    if (stays(c))
      out.push_back(c);
    else
      out.append({'%', hex[u >> 4], hex[u & 15]});
  }
  return out;
}

}  // namespace stoa::http
