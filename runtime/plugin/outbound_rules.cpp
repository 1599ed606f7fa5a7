#include "runtime/plugin/outbound_rules.hpp"

#include <algorithm>
#include <cctype>
#include <string_view>
#include <utility>

#include "runtime/outbound/addresses.hpp"

namespace stoa::runtime {

namespace {

bool fits(const std::string& entry, const std::string& host) {
  if (entry == "*" || entry == host) return true;
  // `@` in an address is for names before the host, `]` ends an IPv6 address: neither is a port's colon.
  const auto bracket = host.rfind(']');
  const auto colon = host.rfind(':');
  const bool has_port = colon != std::string::npos && (bracket == std::string::npos || colon > bracket);
  const auto name = has_port ? host.substr(0, colon) : host;
  if (entry == name) return true;
  return entry.starts_with("*.") && name.size() > entry.size() - 1 && name.ends_with(entry.substr(1));
}

bool any_fits(const std::vector<std::string>& entries, const std::string& host) {
  return std::any_of(entries.begin(), entries.end(), [&](std::string entry) {
    std::transform(entry.begin(), entry.end(), entry.begin(), [](unsigned char c) { return std::tolower(c); });
    return fits(entry, host);
  });
}

}  // namespace

std::string host_of(const std::string& url) {
  if (const auto socket = socket_of(url)) return "unix:" + *socket;
  std::string_view rest = url;
  std::string_view own_port;
  const auto scheme_is = [&](std::string_view scheme) {
    if (rest.size() < scheme.size()) return false;
    for (std::size_t i = 0; i < scheme.size(); ++i)
      if (std::tolower(static_cast<unsigned char>(rest[i])) != scheme[i]) return false;
    rest.remove_prefix(scheme.size());
    return true;
  };
  if (scheme_is("https://"))
    own_port = ":443";
  else if (scheme_is("http://"))
    own_port = ":80";
  else
    return {};
  rest = rest.substr(0, std::min(rest.find_first_of("/?#\\"), rest.size()));
  // Names before the host are how an address pretends to be another one.
  if (rest.find('@') != std::string_view::npos) return {};
  std::string host(rest);
  std::transform(host.begin(), host.end(), host.begin(), [](unsigned char c) { return std::tolower(c); });
  if (host.ends_with(own_port)) host.resize(host.size() - own_port.size());
  while (host.ends_with('.')) host.pop_back();
  return host;
}

outbound_answer may_ask(const outbound_rules& rules, const std::string& url) {
  const auto host = host_of(url);
  if (host.empty()) return outbound_answer::refused;
  // A socket is a file of this machine: there is one where the operator named exactly that one.
  if (host.starts_with("unix:"))
    return std::find(rules.trusted.begin(), rules.trusted.end(), host) != rules.trusted.end()
               ? outbound_answer::anywhere
               : outbound_answer::refused;
  if (any_fits(rules.trusted, host) || (rules.own && host == host_of(rules.own()))) return outbound_answer::anywhere;
  return any_fits(rules.listed, host) ? outbound_answer::public_only : outbound_answer::refused;
}

task<http_response> ruled_http_client::send(http_request r) {
  const auto answer = may_ask(rules_, r.url);
  if (answer == outbound_answer::refused) {
    const auto host = host_of(r.url);
    refused_.add();
    log_->warn("a call was refused: the host is not among those that the plugin may ask", {{"host", host}});
    co_return fault(
        fault_kind::rejected, "OUTBOUND_REFUSED",
        host.empty() ? "This is no address that can be asked." : "This part of the service may not ask " + host + ".");
  }
  if (answer == outbound_answer::public_only) r.allow_private = false;
  auto sending = inner_.send(std::move(r));
  co_return co_await std::move(sending);
}

}  // namespace stoa::runtime
