// The commands beside `serve`. Each returns the process's exit code and throws what main prints.
#pragma once

#include <string>

#include "runtime/settings/settings.hpp"

namespace stoa::cli {

struct new_user {
  std::string email, password, name;
  std::string role = "student";
};

int print_version();
int print_events();
int migrate(const runtime::settings& s);
/// Works beside a running server; prints the new id alone on a line.
int add_user(const runtime::settings& s, const new_user& user);
/// Takes the second factor of whoever lost it and their recovery codes; a running server follows within a second.
int take_mfa_away(const runtime::settings& s, const std::string& email);
/// Switches an account off, which ends its sessions, or on again; a running server follows within a second.
int switch_user(const runtime::settings& s, const std::string& email, bool active);
int show_user(const runtime::settings& s, const std::string& email);
/// `courses` 0 is the built-in number; `scale` adds a crowd of learners.
int load_demo(const runtime::settings& s, int courses, bool scale);
int print_routes(const runtime::settings& s);
int check_config(const runtime::settings& s);
int show_config(const runtime::settings& s);
int print_openapi(const runtime::settings& s, const std::string& dialect);

}  // namespace stoa::cli
