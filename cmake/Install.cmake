# SPDX-License-Identifier: LGPL-2.1-or-later
# With the prefix /usr the files lie where initramfs-tools looks and where its hook expects the
# program. Its path is not CMAKE_INSTALL_LIBDIR: in the image it is the same on each distribution.
include(GNUInstallDirs)

install(PROGRAMS "$<TARGET_FILE:pt-hook>" DESTINATION lib/pt-hook)
if(TARGET ptctl)
    install(TARGETS ptctl RUNTIME DESTINATION bin)
endif()
install(PROGRAMS initramfs-tools/hooks/pt-hook DESTINATION share/initramfs-tools/hooks)
install(PROGRAMS initramfs-tools/scripts/init-top/pt-hook
        DESTINATION share/initramfs-tools/scripts/init-top)
# For images in which systemd is the init. It is no unit of the running system: nothing enables it.
install(FILES systemd/pt-hook.service systemd/pt-hook-stop.target DESTINATION lib/systemd/system)
# The program reads it in /etc, which this is with the prefix /usr.
install(FILES packaging/pt-hook.conf DESTINATION "${CMAKE_INSTALL_FULL_SYSCONFDIR}")
install(FILES LICENSE DESTINATION "${CMAKE_INSTALL_DOCDIR}")
install(FILES README.md CHANGELOG.md docs/report.schema.json
        DESTINATION "${CMAKE_INSTALL_DOCDIR}" OPTIONAL)
install(FILES man/pt-hook.8 DESTINATION "${CMAKE_INSTALL_MANDIR}/man8")
install(FILES man/pt-hook.conf.5 DESTINATION "${CMAKE_INSTALL_MANDIR}/man5")
install(FILES man/pt-hook-cmdline.7 DESTINATION "${CMAKE_INSTALL_MANDIR}/man7")
