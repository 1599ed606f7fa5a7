#include "runtime/store/conninfo.hpp"

#include <libpq-fe.h>

#include <memory>
#include <stdexcept>
#include <string_view>

namespace stoa::runtime {

conninfo parse_conninfo(const std::string& text) {
  char* raw_error = nullptr;
  const std::unique_ptr<PQconninfoOption, void (*)(PQconninfoOption*)> options{
      PQconninfoParse(text.c_str(), &raw_error), PQconninfoFree};
  const std::unique_ptr<char, void (*)(void*)> error{raw_error, PQfreemem};
  // libpq's own text may quote the string, and with it a password.
  if (!options) throw std::invalid_argument("the database connection string cannot be read");
  conninfo info;
  for (const auto* o = options.get(); o->keyword; ++o)
    if (o->val) info[o->keyword] = o->val;
  return info;
}

std::string write_conninfo(const conninfo& info) {
  std::string text;
  for (const auto& [key, value] : info) {
    if (!text.empty()) text += ' ';
    text += key;
    text += "='";
    for (const char c : value) {
      if (c == '\'' || c == '\\') text += '\\';
      text += c;
    }
    text += '\'';
  }
  return text;
}

std::string write_connection_url(const conninfo& info) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string text = "postgresql://";
  char before = '?';
  for (const auto& [key, value] : info) {
    text += before + key + '=';
    before = '&';
    for (const char c : value) {
      const bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                         std::string_view("-._~").find(c) != std::string_view::npos;
      if (plain) {
        text += c;
        continue;
      }
      const auto byte = static_cast<unsigned char>(c);
      text += '%';
      text += digits[byte >> 4];
      text += digits[byte & 15];
    }
  }
  return text;
}

std::string session_conninfo(const std::string& base, milliseconds statement_timeout, milliseconds lock_timeout,
                             const uuid& process, milliseconds idle_in_transaction) {
  conninfo info = parse_conninfo(base);
  info.emplace("application_name", "stoa");
  info.emplace("connect_timeout", "3");
  info.emplace("keepalives", "1");
  info.emplace("keepalives_idle", "10");
  info.emplace("keepalives_interval", "5");
  info.emplace("keepalives_count", "3");
  info.emplace("tcp_user_timeout", "10000");
  info["client_encoding"] = "UTF8";
  // Sent with the start of the session: no round trip of its own. Short statements gain nothing from jit.
  info["options"] += " -c TimeZone=UTC -c DateStyle=ISO -c IntervalStyle=iso_8601 -c jit=off -c statement_timeout=" +
                     std::to_string(statement_timeout.count()) +
                     " -c lock_timeout=" + std::to_string(lock_timeout.count()) +
                     " -c idle_in_transaction_session_timeout=" + std::to_string(idle_in_transaction.count());
  info["options"] += " -c stoa.process=" + process.str();
  // SOCI takes the string apart at blanks before libpq sees it, and puts one where there were several.
  return write_connection_url(info);
}

}  // namespace stoa::runtime
