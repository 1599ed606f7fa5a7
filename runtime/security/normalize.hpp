// One spelling for what people type in many: addresses, user names, names.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace stoa::runtime {

/// The form in which addresses are stored and compared: without blanks at the ends and invisible characters, NFKC,
/// case-folded, the labels of the host in Unicode (`xn--bcher-kva` is `bücher`). Nullopt where it is not an address:
/// one `@`, 1 to 64 code points before it, a host name behind it (with a dot, or with letters beyond ASCII), at most
/// 254 bytes, no blanks and no control characters. Letters beyond ASCII are welcome on both sides.
std::optional<std::string> normalize_email(std::string_view text);

/// The address as it is shown: as typed, but for blanks at the ends, invisible characters and compatibility forms, so
/// that it has the same `normalize_email` as the text. For what `normalize_email` takes.
std::string shown_email(std::string_view text);

/// Under which other keys an account of that address may have been stored: the host's labels in ASCII, or as typed.
std::vector<std::string> older_email_keys(std::string_view text);

/// The one spelling of what somebody signs in with, whichever way they typed it: that of an address, or of a user name.
/// Counting, locking and looking up go by it. Nullopt where the text is empty, too long or not well-formed UTF-8.
std::optional<std::string> identifier_key(std::string_view text);

/// A user name as it is shown: trimmed, NFKC, 1 to 150 letters (of any script), digits and `@.+-_`.
std::optional<std::string> normalize_username(std::string_view text);

/// The form in which user names and addresses are compared with each other: NFKC, case-folded.
/// Nullopt where the text is not well-formed UTF-8.
std::optional<std::string> fold_identifier(std::string_view text);

/// A password in the form that is hashed: NFC, which is the same for all who type the same. What is no well-formed
/// UTF-8 stays as it is.
std::string normalize_password(std::string_view text);

/// A person's or thing's name as it is shown: NFC, without blanks at its ends, at most `max_length` code points, no
/// control characters. It may come out empty, as one does that shows nothing; nullopt means unacceptable.
std::optional<std::string> normalize_name(std::string_view text, std::size_t max_length = 150);

}  // namespace stoa::runtime
