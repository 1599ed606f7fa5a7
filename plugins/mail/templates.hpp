// Templates of mails: files with `{{name}}` where a variable's value goes. Pure, but for reading a folder.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "stoa/areas/mail.hpp"
#include "stoa/result.hpp"

namespace stoa_plugin::mail {

/// A part of a template: a text as it is, or a variable's name.
struct piece {
  std::string text;
  bool variable = false;
};
using pieces = std::vector<piece>;

/// `<name>.txt` begins with `Subject: ...` and a blank line; `<name>.html`, where there is one, is the other part.
struct mail_template {
  pieces subject, text;
  std::optional<pieces> html;
};

/// What a mail says, in words.
struct letter {
  std::string subject, text, html;  ///< `html` is empty where there is none
};

/// Reads `{{name}}`; throws settings_error with `where` and the line for a brace that is not closed or a name that is
/// none.
pieces parse_pieces(std::string_view text, const std::string& where);
/// A template of the texts of both its files.
mail_template parse_template(std::string_view text, std::optional<std::string_view> html, const std::string& where);

/// The template with its variables. `invalid` where one is missing that it names.
stoa::result<letter> fill(const mail_template& t, const std::vector<stoa::mail_variable>& variables);

using templates = std::map<std::string, mail_template>;

/// Every template of a folder; throws settings_error for one that cannot be read. Names that are there already are
/// replaced.
void read_templates(const std::filesystem::path& folder, templates& into);

}  // namespace stoa_plugin::mail
