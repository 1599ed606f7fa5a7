#include "api/contracts.hpp"

#include <algorithm>

#include "api/apranova/apranova.hpp"
#include "api/classic/classic.hpp"
#include "api/http/target.hpp"
#include "api/learnflow/learnflow.hpp"
#include "api/lms/lms.hpp"
#include "api/unpuzzle/unpuzzle.hpp"

namespace stoa::api {
namespace {

constexpr const char* common_section = "dialects";

std::string section_of(const self_description& d) {
  return std::string(common_section) + "." + std::string(d.name.name());
}

std::unique_ptr<settings_view> own_settings(const self_description& d, const runtime::settings& s) {
  return runtime::read_section({section_of(d), settings_of(d)}, s.written(section_of(d)));
}

/// `config/stoa.toml:12: `, or nothing for a default.
std::string where(const runtime::settings& s, const std::string& section, std::string_view key) {
  std::string out;
  for (const auto& one : s.written(section))
    if (one.key == key) out = one.where + ": ";
  return out;
}

/// Whether a text can be what Host has before its port.
bool is_host_name(std::string_view text) {
  return !text.empty() && http::is_authority(text) &&
         (text.starts_with('[') ? text.ends_with(']') : text.find(':') == text.npos);
}

std::vector<std::string> order_of(const runtime::settings& s) {
  for (const auto& section : declared_sections())
    if (section.name == common_section)
      return runtime::read_section(section, s.written(common_section))->text_list("order");
  return {};
}

}  // namespace

const std::vector<self_description>& descriptions() {
  static const std::vector<self_description> all{learnflow::describe(), unpuzzle::describe(), lms::describe(),
                                                 classic::describe(), apranova::describe()};
  return all;
}

std::optional<dialect> dialect_named(std::string_view name) {
  for (const auto& d : descriptions())
    if (d.name.name() == name) return d.name;
  return std::nullopt;
}

std::string dialect_names() {
  std::string all;
  for (const auto& d : descriptions()) all += (all.empty() ? "" : ", ") + std::string(d.name.name());
  return all;
}

std::vector<runtime::declared_section> declared_sections() {
  setting order{
      "order", setting_type::text_list, dialect_names(), "who answers an unprefixed path that several document", {},
      false};
  for (const auto& d : descriptions()) order.one_of.emplace_back(d.name.name());
  std::vector<runtime::declared_section> out{{common_section, {std::move(order)}}};
  for (const auto& d : descriptions()) out.push_back({section_of(d), settings_of(d)});
  return out;
}

runtime::settings load_settings(const runtime::sources& from) {
  auto s = runtime::load(from, declared_sections());
  routing(s);
  return s;
}

http::router_options routing(const runtime::settings& s) {
  http::router_options o;
  for (const auto& name : order_of(s)) {
    const auto known = dialect_named(name).value();
    if (std::find(o.order.begin(), o.order.end(), known) != o.order.end()) {
      throw settings_error(where(s, common_section, "order") + "[dialects] order: expected each dialect once");
    }
    o.order.push_back(known);
  }
  for (const auto& d : descriptions()) {
    if (std::find(o.order.begin(), o.order.end(), d.name) == o.order.end()) o.order.push_back(d.name);
    for (const auto& host : own_settings(d, s)->text_list("hosts")) {
      if (!is_host_name(host))
        throw settings_error(where(s, section_of(d), "hosts") + "[" + section_of(d) +
                             "] hosts: expected host names without scheme, port and path, found \"" + host + "\"");
      o.hosts.push_back({host, d.name});
    }
  }
  return o;
}

http::dialect_policy policy_of(const self_description& d, const runtime::settings& s) {
  http::dialect_policy p;
  p.dialect = d.name;
  p.prefix = d.prefix;
  p.base = d.base;
  p.render = d.render;
  p.pages = d.pages;
  p.cookies = d.cookies;
  p.reset_after_header = d.reset_after_header;
  if (s.limits.enabled) {
    p.login_limits = {http::shared_login_limit(s.limits.login_per_address_per_hour)};
    p.hash_limits = {http::shared_hash_limit(s.limits.passwords_per_address_per_hour)};
    add_limits(p, d, *own_settings(d, s));
  }
  return p;
}

std::vector<std::string> allowed_origins(const runtime::settings& s) {
  std::vector<std::string> out;
  for (const auto& one : s.cors.allowed_origins) {
    if (one != runtime::documented_origins)
      out.push_back(one);
    else
      for (const auto& d : descriptions()) out.insert(out.end(), d.origins.begin(), d.origins.end());
  }
  return out;
}

std::vector<contract> make_contracts(stoa::domain& domain, const stoa::clock& clock, const runtime::settings& settings,
                                     std::function<std::vector<std::string>()> unready) {
  std::vector<contract> out;
  for (const auto& d : descriptions()) {
    auto& made = out.emplace_back(contract{policy_of(d, settings), {}});
    session_terms terms{std::string(d.name.name()), d.access_life, d.refresh_life};
    const auto parts = std::make_shared<const area_parts>(area_parts{
        domain, clock, std::move(terms), settings.security.cookie_secure, unready, own_settings(d, settings)});
    for (const auto add : d.areas) add(made.routes, parts);
  }
  return out;
}

}  // namespace stoa::api
