package mn.emongolia.core.platform

/** Called only behind a check of `Build.VERSION.SDK_INT`: the build's API check looks away. */
@Retention(AnnotationRetention.BINARY)
@Target(AnnotationTarget.FUNCTION, AnnotationTarget.CLASS)
internal annotation class RequiresApi(val level: Int)
