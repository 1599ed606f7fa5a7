// A certificate as a PDF.
#pragma once

#include <string>

#include "certificate_rules.hpp"

namespace stoa_plugin::certificates {

/// One A4 page. `address` is where it is verified: printed, and in a QR code. The same certificate and address give the
/// same bytes. Takes milliseconds. Thread-safe.
std::string certificate_pdf(const certificate& c, const std::string& address);

}  // namespace stoa_plugin::certificates
